/** What the inspector makes of the log of steps: rows, and which of them are gone after the log was read again. */
import { expect, it } from 'vitest';
import { stepHearing } from '../../../src/compose/step-hearing.ts';
import { FleetIndex } from '../../../src/inspector/index/fleet-index.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { rowOf, stepOf } from './made-fleet.ts';

/** @param copied  actors of the copy that was kept on disk */
function heard(...copied: readonly string[]) {
  const index = new FleetIndex(new ManualClock());
  index.load(
    copied.map((actor) => rowOf(actor)),
    1,
  );
  const told: string[] = [];
  const hearing = stepHearing({
    view: {
      take: (step) => void index.take(step),
      setState: ({ status }) => void told.push(status),
      beginReplay: () => index.beginReplay(),
      endReplay: () => void index.endReplay(),
      feed: { restart: (because) => void told.push(because) },
    },
    bell: { ring: () => undefined },
    onLive: () => void told.push('read to its end'),
    onAway: () => undefined,
  });
  const actors = (): string[] => index.rows().map(({ actor }) => actor);
  const be = (status: 'live' | 'reconnecting'): void =>
    hearing.state({ status, sinceMs: 0, lag: 0 });
  const step = (actor: string, seq = 1): void => hearing.step(stepOf(rowOf(actor, seq)), seq);
  return { told, hearing, actors, be, step };
}

it('keeps rows of a copy until the log was read to its end', () => {
  const { hearing, actors, be, step } = heard('cluster/a/old');
  step('cluster/a/new');
  be('reconnecting');
  expect(actors()).toEqual(['cluster/a/old', 'cluster/a/new']);
  hearing.caughtUp();
  be('live');
  expect(actors()).toEqual(['cluster/a/new']);
});

it('drops what a stream that was made anew tells nothing of, once it is live again', () => {
  const { told, hearing, actors, be, step } = heard();
  step('cluster/a/stays');
  step('cluster/a/goes');
  hearing.caughtUp();
  be('live');
  be('reconnecting');
  hearing.restarted('the stream of steps was made anew');
  step('cluster/a/stays', 2);
  expect(actors()).toHaveLength(2);
  hearing.caughtUp();
  be('live');
  be('live');
  expect(actors()).toEqual(['cluster/a/stays']);
  expect(told.filter((text) => text === 'read to its end')).toHaveLength(2);
});
