/** The three lines that tell every five minutes how a host fares. */
import { expect, it } from 'vitest';
import { startStatusLines } from '../../../src/status-lines.ts';
import { guarded } from '../policies/guarded.ts';

const fiveMinutesMs = 300_000;

it('are said every five minutes, and no more once they are stopped [G-40]', async () => {
  const { clock, telemetry, call } = guarded();
  const lines = startStatusLines({ clock, telemetry, samples: () => Promise.resolve([]) });
  await call(() => Promise.resolve('answered'));
  const said = (): string[] => [
    ...new Set(telemetry.texts().map((text) => text.replace(/\].*/, ']'))),
  ];
  const before = telemetry.texts().length;
  await clock.advance(fiveMinutesMs - 1);
  expect(telemetry.texts()).toHaveLength(before);
  await clock.advance(1);
  expect(said().sort()).toEqual(['[CIRCUIT]', '[METRICS]', '[RETRY]']);
  await clock.advance(fiveMinutesMs);
  expect(telemetry.texts()).toHaveLength(before + 6);
  lines.stop();
  await clock.advance(fiveMinutesMs);
  expect(telemetry.texts()).toHaveLength(before + 7);
});
