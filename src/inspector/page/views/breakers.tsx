/** The wall of breakers: one card for each key, the worst first, with what every host knows of it. */
import { place } from '../location.ts';
import { useRead } from '../loaded.ts';
import { nowMs } from '../store.ts';
import { BreakerCard } from './breakers/card.tsx';
import { asOfMs, breakersOf, rankOf, standingOf, SURVEY, worst } from './breakers/survey.ts';
import type { Breaker, SurveyAnswer } from './breakers/survey.ts';
import { useArrival } from './arrival.ts';
import { Freshness } from './freshness.tsx';
import { WallHead } from './wall-head.tsx';

const EVERY_MS = 3000;

export function BreakersView() {
  const { data, problem, reload } = useRead<SurveyAnswer>(SURVEY, EVERY_MS);
  const arrivedMs = useArrival(data);
  const q = place.value.query.get('q') ?? '';
  const all = data === undefined ? [] : breakersOf(data);
  const shown = all
    .filter(({ key }) => key.toLowerCase().includes(q.toLowerCase()))
    .sort(worstFirst);
  const hosts = new Set(all.flatMap(({ entries }) => entries.map(({ host }) => host)));
  const standing = data === undefined ? [] : standingOf(data);
  const seenMs = data === undefined ? undefined : asOfMs(data);
  // Ends of open circuits are by the clock of the hosts.
  const hostNowMs = nowMs.value + (seenMs === undefined ? 0 : seenMs - arrivedMs);
  return (
    <div class="wall-view padded">
      <WallHead q={q} of="breakers" by="key">
        <Summary breakers={all} />
        <Freshness data={data} arrivedMs={arrivedMs} problem={problem} reload={reload} />
      </WallHead>
      {data !== undefined && shown.length === 0 && (
        <p class="muted">
          {all.length === 0
            ? seenMs === undefined
              ? 'No host answered, so nothing is known of any breaker.'
              : 'No breakers yet: the first call makes one.'
            : 'No breaker has this in its key.'}
        </p>
      )}
      <ul class="wall">
        {shown.map((breaker) => (
          <li key={breaker.key}>
            <BreakerCard
              breaker={breaker}
              standing={standing}
              hasHosts={hosts.size > 1}
              seenMs={seenMs ?? arrivedMs}
              hostNowMs={hostNowMs}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

const worstFirst = (left: Breaker, right: Breaker): number =>
  rankOf(worst(right.entries)) - rankOf(worst(left.entries)) || left.key.localeCompare(right.key);

/** By rank. */
const words = ['observed', 'closed', 'half open', 'isolated', 'open'];

function Summary({ breakers }: { readonly breakers: readonly Breaker[] }) {
  const ranks = breakers.map(({ entries }) => rankOf(worst(entries)));
  const parts = words.map(
    (word, rank) => [ranks.filter((each) => each === rank).length, word] as const,
  );
  return (
    <span>
      {parts
        .filter(([count]) => count > 0)
        .reverse()
        .map(([count, word]) => `${count} ${word}`)
        .join(', ')}
    </span>
  );
}
