/** Times every translation and counts the values no table lists; the raw text goes to the log. */
import type { Seen } from './seen.ts';
import type { Tools } from './work.ts';

type What = 'desired_state' | 'observed_state';

const timed = <T>({ clock, telemetry }: Tools, backend: string, type: What, run: () => T): T => {
  const begunMs = clock.monotonicMs();
  const value = run();
  const seconds = (clock.monotonicMs() - begunMs) / 1_000;
  telemetry.observe('unified_replication_translation_duration_seconds', seconds, { backend, type });
  return value;
};

export function readAs(tools: Tools, backend: string, read: () => Seen): Seen {
  const found = timed(tools, backend, 'observed_state', read);
  if (found.unlisted === '') return found;
  const { telemetry } = tools;
  const labels = { backend, type: 'observed_state', value: 'other' };
  telemetry.count('unified_replication_translation_errors_total', labels);
  telemetry.log('warn', { backend, observed: found.unlisted.slice(0, 200) }, 'value not known');
  return found;
}

export const writeAs = <T>(tools: Tools, backend: string, write: () => T): T =>
  timed(tools, backend, 'desired_state', write);
