/** How the hosts fare: checks and probes of this one, and of every host what it holds and what waits. */
import { useRead } from '../loaded.ts';
import { counts, nowMs, session } from '../store.ts';
import { wholeSpan } from '../time.ts';
import { useArrival } from './arrival.ts';
import { Freshness } from './freshness.tsx';
import { HOSTS, PROBES, checkGroups, hostsOf, probesOf } from './health/facts.ts';
import type { Check, HealthBody, Survey } from './health/facts.ts';
import { HostTable } from './health/host-table.tsx';
import { ProbeTable } from './health/probe-table.tsx';

const EVERY_MS = 5000;

export function HealthView() {
  return (
    <div class="wall-view padded">
      <OwnHealth />
      <Hosts />
      <Probes />
    </div>
  );
}

function OwnHealth() {
  const { data, problem, reload } = useRead<HealthBody>('/api/health', EVERY_MS);
  const arrivedMs = useArrival(data);
  const groups = checkGroups(data?.checks ?? []).filter(({ path }) => path !== 'probes');
  return (
    <section aria-label="This host">
      <div class="wall-head">
        <h2 class="caps">This host, {session.value?.hostId}</h2>
        {data !== undefined && <Verdict body={data} />}
        <Freshness data={data} arrivedMs={arrivedMs} problem={problem} reload={reload} />
      </div>
      <ul class="wall">
        {data !== undefined && (
          <>
            {groups.map(({ path, checks }) => (
              <li key={path}>
                <Checks title={path} checks={checks} />
              </li>
            ))}
          </>
        )}
        <li>
          <Feed />
        </li>
      </ul>
    </section>
  );
}

function Verdict({ body }: { readonly body: HealthBody }) {
  const { healthy, message, error_rate: errorRate, last_reconcile: lastTurn, level } = body;
  const turnMs = Date.parse(lastTurn);
  return (
    <>
      <Mood isGood={healthy} text={message} />
      <span class="muted">
        level {level}, {(100 * errorRate).toFixed(1)} % errors of the last 5 minutes
        {turnMs > 0 && `, last turn ${wholeSpan(nowMs.value - turnMs)} ago`}
      </span>
    </>
  );
}

function Checks({ title, checks }: { readonly title: string; readonly checks: readonly Check[] }) {
  const failing = checks.filter(({ ok }) => !ok).length;
  return (
    <article class={`panel card ${failing > 0 ? 'card-bad' : ''}`} aria-label={title}>
      <header class="card-head">
        <h2 class="mono">{title}</h2>
        <Mood isGood={failing === 0} text={failing === 0 ? 'ok' : `${failing} not ok`} />
      </header>
      <ul class="because">
        {checks.map(({ name, ok, detail }) => (
          <li key={name} class={ok ? 'yes' : 'no'}>
            <span aria-hidden="true">{ok ? '✔' : '✖'}</span>
            <span>
              <b>{name}</b> <span class="away">{ok ? 'ok' : 'not ok'}: </span>
              <span class="muted">{detail}</span>
            </span>
          </li>
        ))}
      </ul>
    </article>
  );
}

/** How fresh the fleet is that this page shows. */
function Feed() {
  const known = counts.value;
  const feed = known?.feed;
  const isLive = feed?.status === 'live';
  const asOf = known?.asOfMs ?? 0;
  return (
    <article class={`panel card ${isLive ? '' : 'card-bad'}`} aria-label="Feed">
      <header class="card-head">
        <h2>feed of steps</h2>
        <Mood isGood={isLive} text={feed?.status ?? 'unknown'} />
      </header>
      <dl class="facts wide-names">
        <div>
          <dt>not seen yet</dt>
          <dd>{feed === undefined ? 'unknown' : `${feed.lag} steps`}</dd>
        </div>
        <div>
          <dt>newest change</dt>
          <dd>{asOf === 0 ? 'none yet' : `${wholeSpan(nowMs.value - asOf)} ago`}</dd>
        </div>
        {feed !== undefined && feed.sinceMs > 0 && (
          <div>
            <dt>not live for</dt>
            <dd class="late">{wholeSpan(nowMs.value - feed.sinceMs)}</dd>
          </div>
        )}
        <div>
          <dt>actors</dt>
          <dd>{known?.total ?? 'unknown'}</dd>
        </div>
      </dl>
    </article>
  );
}

export function Mood({ isGood, text }: { readonly isGood: boolean; readonly text: string }) {
  return (
    <span class={`mood ${isGood ? 'good' : 'bad'}`}>
      <span aria-hidden="true">{isGood ? '✔' : '✖'}</span> {text}
    </span>
  );
}

function Hosts() {
  const { data, problem, reload } = useRead<Survey>(HOSTS, EVERY_MS);
  const arrivedMs = useArrival(data);
  const hosts = data === undefined ? [] : hostsOf(data);
  return (
    <section aria-label="Hosts">
      <div class="wall-head">
        <h2 class="caps">Hosts</h2>
        <Freshness data={data} arrivedMs={arrivedMs} problem={problem} reload={reload} />
      </div>
      {data !== undefined && hosts.length === 0 && (
        <p class="problem">No host answered: nothing is known of any.</p>
      )}
      {hosts.length > 0 && <HostTable hosts={hosts} arrivedMs={arrivedMs} />}
    </section>
  );
}

function Probes() {
  const { data, problem, reload } = useRead<Survey>(PROBES, EVERY_MS);
  const arrivedMs = useArrival(data);
  const probes = data === undefined ? [] : probesOf(data);
  return (
    <section aria-label="Probes">
      <div class="wall-head">
        <h2 class="caps">Probes</h2>
        <Freshness data={data} arrivedMs={arrivedMs} problem={problem} reload={reload} />
      </div>
      {data !== undefined && probes.length === 0 && <p class="muted">No host tells of a probe.</p>}
      {probes.length > 0 && <ProbeTable probes={probes} />}
    </section>
  );
}
