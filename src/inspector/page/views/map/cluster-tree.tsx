/** One cluster as an indented tree: region with its breakers, cluster, nodes, operations, the breaker one waits for. */
import type { ActorDetail } from '../../../api.ts';
import { actorPath } from '../../api-client.ts';
import { useRead } from '../../loaded.ts';
import { actorHref } from '../../location.ts';
import { SeverityMark } from '../../mark.tsx';
import { nowMs } from '../../store.ts';
import { wholeSpan } from '../../time.ts';
import { BreakerState } from '../breakers/state.tsx';
import { breakersOf, SURVEY, worst } from '../breakers/survey.ts';
import type { SurveyAnswer } from '../breakers/survey.ts';
import { linesOf } from './tree.ts';
import type { Line } from './tree.ts';

const EVERY_MS = 2000;
const BREAKERS_EVERY_MS = 5000;

export function ClusterTree({
  namespace,
  name,
}: {
  readonly namespace: string;
  readonly name: string;
}) {
  const actor = `cluster/${namespace}/${name}`;
  const { data, problem } = useRead<ActorDetail>(actorPath(actor), EVERY_MS);
  return (
    <div class="tree-view padded">
      <p>
        <a href="/map">Map</a> / {actor}
      </p>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem} {data !== undefined && 'What is below is from before.'}
        </p>
      )}
      {data === undefined ? (
        problem === '' && <p class="muted">Reading …</p>
      ) : (
        <Tree detail={data} />
      )}
    </div>
  );
}

function Tree({ detail: { row, image } }: { readonly detail: ActorDetail }) {
  const { actor, severity, state, sinceMs, reason, region } = row;
  return (
    <ul class="tree">
      <li>
        <div class="tree-line">
          <b>{region === '' ? 'no region' : region}</b> <span class="muted">region</span>
        </div>
        <ul>
          {region !== '' && <RegionBreakers region={region} />}
          <li>
            <div class="tree-line">
              <SeverityMark severity={severity} />
              <a href={actorHref(actor)}>{actor.slice('cluster/'.length)}</a>
              <span class="mono">{state}</span>
              <span class="muted">
                cluster, for {wholeSpan(nowMs.value - sinceMs)}
                {reason !== '' && `: ${reason}`}
              </span>
            </div>
            <Lines lines={linesOf(image)} actor={actor} />
          </li>
        </ul>
      </li>
    </ul>
  );
}

function Lines({ lines, actor }: { readonly lines: readonly Line[]; readonly actor: string }) {
  if (lines.length === 0) return null;
  return (
    <ul>
      {lines.map(({ id, src, child, state, note, breaker, isOver, below }) => (
        <li key={id} class={isOver ? 'is-over' : ''}>
          <div class="tree-line">
            {child === '' ? <span>{id}</span> : <a href={actorHref(actor, { child })}>{id}</a>}
            <span class="mono">{state}</span>
            <span class="muted">{note === '' ? src : `${src}, ${note}`}</span>
          </div>
          {breaker !== '' && (
            <ul>
              <li>
                <div class="tree-line">
                  <a href={`/breakers?q=${encodeURIComponent(breaker)}`}>{breaker}</a>
                  <span class="muted">breaker it waits for</span>
                </div>
              </li>
            </ul>
          )}
          <Lines lines={below} actor={actor} />
        </li>
      ))}
    </ul>
  );
}

/** Those of the calls into the region: the cluster's own calls go through them. */
function RegionBreakers({ region }: { readonly region: string }) {
  const { data, problem } = useRead<SurveyAnswer>(SURVEY, BREAKERS_EVERY_MS);
  if (data === undefined && problem === '') return null;
  const found =
    data === undefined ? [] : breakersOf(data).filter(({ key }) => key.split('/').includes(region));
  return (
    <li>
      <div class="tree-line">
        <span>breakers</span>
        {problem !== '' && <span class="muted">not known now: {problem}</span>}
        {problem === '' && found.length === 0 && (
          <span class="muted">none yet: the first call makes one</span>
        )}
        {found.map(({ key, entries }) => (
          <a key={key} class="chip" href={`/breakers?q=${encodeURIComponent(key)}`}>
            <BreakerState state={worst(entries).state} /> {key.split('/').at(-1)}
          </a>
        ))}
      </div>
    </li>
  );
}
