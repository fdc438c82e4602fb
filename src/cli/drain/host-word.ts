/** Which host is meant: `drain h2`, `drain host h2` or `drain host/h2`. */
import { usage } from '../failure.ts';
import { kindOf } from '../kinds.ts';
import type { Shell } from '../shell.ts';

/** @throws Failure `cli.usage` without a host, or with several */
export function hostIn({ operands }: Pick<Shell, 'operands'>): string {
  const [word, ...more] = namesAfterKind(operands);
  const example = 'fairlead drain h2 --reason "kernel update"';
  if (word === undefined) throw usage('drain needs a host', { tries: [example, 'fairlead hosts'] });
  if (more.length > 0)
    throw usage('drain takes one host', {
      ...{ reason: 'the next one waits until the first runs nothing', tries: [example] },
    });
  return word;
}

export function namesAfterKind(words: readonly string[]): readonly string[] {
  const names = kindOf(words[0] ?? '') === 'host' ? words.slice(1) : words;
  return names.map((name) => name.replace(/^hosts?\//, ''));
}
