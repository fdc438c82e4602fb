/** `-l key=value`: only resources that carry all of these labels. */
import { usage } from './failure.ts';
import type { ResourceView } from './view.ts';

/** @throws Failure `cli.usage` for a text that is no `key=value` or `key` */
export function isSelected(selector: readonly string[]): (view: ResourceView) => boolean {
  const wanted = selector.map((text) => {
    const [, key, value] = /^([^=!,\s]+)(?:==?([^=\s]*))?$/.exec(text.trim()) ?? [];
    if (key === undefined)
      throw usage(`${text} is no label`, { reason: 'write key=value, or key for any value' });
    return { key, value };
  });
  return ({ metadata: { labels = {} } }) =>
    wanted.every(({ key, value }) =>
      value === undefined ? labels[key] !== undefined : labels[key] === value,
    );
}
