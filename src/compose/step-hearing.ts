/** Steps of the log into the inspector's index and feed. What the log no longer has is gone once all of it was heard. */
import type { StepBell } from '../inspector/compat/step-bell.ts';
import type { FleetView } from '../inspector/fleet.ts';
import type { StepHearing } from '../nats/step-feed.ts';

export interface HearingParts {
  readonly view: Pick<FleetView, 'take' | 'setState' | 'beginReplay' | 'endReplay'> & {
    readonly feed: Pick<FleetView['feed'], 'restart'>;
  };
  readonly bell: Pick<StepBell, 'ring'>;
  /** Each time the log is read to its end after it was not. */
  readonly onLive: () => void;
  readonly onAway: (sinceMs: number) => void;
}

export function stepHearing({ view, bell, onLive, onAway }: HearingParts): Required<StepHearing> {
  let wasLive = false;
  view.beginReplay();
  return {
    step: (step) => {
      view.take(step);
      bell.ring(step);
    },
    state: (state) => {
      view.setState(state);
      const isLive = state.status === 'live';
      if (isLive && !wasLive) onLive();
      wasLive = isLive;
      if (state.status === 'offline') onAway(state.sinceMs);
    },
    restarted: (because) => {
      view.beginReplay();
      view.feed.restart(because);
    },
    caughtUp: () => view.endReplay(),
  };
}
