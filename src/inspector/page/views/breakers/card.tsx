/** One breaker with its orders; a line for each host that has it. */
import { openCommand } from '../../commands/open.ts';
import { wholeSpan } from '../../time.ts';
import { BreakerState } from './state.tsx';
import { Sparkline } from './sparkline-picture.tsx';
import { orderBehind, worst } from './survey.ts';
import type { Breaker, BreakerEntry, StandingOrder } from './survey.ts';
import { factsOf, nowText, tripText } from './words.ts';

interface Props {
  readonly breaker: Breaker;
  readonly standing: readonly StandingOrder[];
  /** More than one host has breakers: each is named. */
  readonly hasHosts: boolean;
  /** When the survey was taken, by the hosts' clocks. */
  readonly seenMs: number;
  readonly hostNowMs: number;
}

export function BreakerCard({
  breaker: { key, entries },
  standing,
  hasHosts,
  seenMs,
  hostNowMs,
}: Props) {
  const { state } = worst(entries);
  const order = orderBehind(key, standing);
  return (
    <article class={`panel card card-${state}`} aria-label={`breaker ${key}`}>
      <header class="card-head">
        <h2 class="key">{key}</h2>
        <BreakerState state={state} />
      </header>
      {entries.map((entry) => (
        <HostLine
          key={entry.host}
          entry={entry}
          hasHost={hasHosts}
          isAlone={entries.length === 1}
          seenMs={seenMs}
          nowMs={hostNowMs}
        />
      ))}
      {order !== undefined && (
        <p class="muted">
          {order.verb} by {order.by ?? 'somebody'}, "{order.reason}",{' '}
          {wholeSpan(hostNowMs - order.atMs)} ago
        </p>
      )}
      <Orders of={key} state={state} />
    </article>
  );
}

interface LineProps {
  readonly entry: BreakerEntry;
  readonly hasHost: boolean;
  /** The only one of its key: its state stands above. */
  readonly isAlone: boolean;
  readonly seenMs: number;
  readonly nowMs: number;
}

function HostLine({ entry, hasHost, isAlone, seenMs, nowMs }: LineProps) {
  const { host, isLive, wouldHaveTripped = 0 } = entry;
  const now = nowText(entry, nowMs);
  const trip = tripText(entry, nowMs);
  return (
    <div class="host-line">
      {(hasHost || !isLive) && (
        <p class="spread">
          <span class="mono">{host}</span>
          {isLive ? (
            !isAlone && <BreakerState state={entry.state} />
          ) : (
            <span class="late">no answer: as stored, {entry.state}</span>
          )}
        </p>
      )}
      {now !== '' && <p class="now">{now}</p>}
      {isLive && (
        <div class="gauges">
          <Sparkline entry={entry} atMs={seenMs} />
          <dl class="facts">
            {factsOf(entry).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </div>
      )}
      {trip !== '' && <p class="muted">{trip}</p>}
      {wouldHaveTripped > 0 && (
        <p class="late">would have opened {wouldHaveTripped} times while observed</p>
      )}
    </div>
  );
}

const ISOLATE_MS = 30 * 60_000;

/** Filled into the form at first: an isolation nobody ends, ends. */
const given: Readonly<Record<string, object>> = { isolate: { forMs: ISOLATE_MS } };

function Orders({ of: key, state }: { readonly of: string; readonly state: string }) {
  const isOrdered = state === 'isolated' || state === 'metricsOnly';
  const verbs = ['reset', ...(isOrdered ? ['release'] : ['isolate', 'observe']), 'set'];
  return (
    <div class="buttons" role="group" aria-label={`Orders to ${key}`}>
      {verbs.map((verb) => (
        <button
          key={verb}
          type="button"
          onClick={() =>
            openCommand({
              ...{ kind: 'guard', namespace: 'system', name: 'fleet', verb },
              arguments: { key, ...given[verb] },
            })
          }
        >
          {verb} …
        </button>
      ))}
    </div>
  );
}
