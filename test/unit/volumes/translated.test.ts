/** Translations to and from the words of a back end are timed and counted, and nothing unknown passes unseen. */
import { describe, expect, it } from 'vitest';
import { metrics } from '../../../actors/metric-names.ts';
import { seen, unlisted } from '../../../src/volumes/kube/seen.ts';
import { readAs, writeAs } from '../../../src/volumes/kube/translated.ts';
import type { Tools } from '../../../src/volumes/kube/work.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { FakeTelemetry } from '../actors/world.ts';

const durations = 'unified_replication_translation_duration_seconds';
const errors = 'unified_replication_translation_errors_total';

function tools() {
  const clock = new ManualClock();
  const observed: (readonly [string, Readonly<Record<string, string>>])[] = [];
  const telemetry = Object.assign(new FakeTelemetry(), {
    observe: (name: string, _: number, labels: Readonly<Record<string, string>>) => {
      observed.push([name, labels]);
    },
  });
  // Translations use nothing else.
  return { observed, telemetry, given: { clock, telemetry } as unknown as Tools };
}

describe('a translation', () => {
  it('is timed in both directions, by back end [U-23]', () => {
    const { given, observed, telemetry } = tools();
    expect(writeAs(given, 'trident', () => ({ state: 'promoted' }))).toEqual({ state: 'promoted' });
    expect(readAs(given, 'trident', () => seen('source', 'promoted')).state).toBe('source');
    expect(observed).toEqual([
      [durations, { backend: 'trident', type: 'desired_state' }],
      [durations, { backend: 'trident', type: 'observed_state' }],
    ]);
    expect(telemetry.counts.size).toBe(0);
  });

  it('of a value that no table lists is counted as other, and its text is in the log alone [U-23]', () => {
    const { given, telemetry } = tools();
    expect(readAs(given, 'powerstore', () => unlisted('Levitating'.repeat(99)))).toMatchObject({
      ...{ state: 'unknown', isFresh: false },
    });
    expect([...telemetry.counts]).toEqual([[`${errors} powerstore observed_state other`, 1]]);
    const [line] = telemetry.lines;
    expect(line).toMatchObject({ text: 'value not known', fields: { backend: 'powerstore' } });
    expect(line?.fields['observed']).toHaveLength(200);
  });

  it('has buckets from a microsecond to a millisecond [U-26]', () => {
    const { buckets = [] } = metrics[durations];
    expect([buckets[0], buckets.at(-1)]).toEqual([1e-6, 1e-3]);
  });
});
