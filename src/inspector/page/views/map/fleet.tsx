/** The fleet map with its legend, its grouping, what is under the pointer, and the same counts as a table. */
import { useState } from 'preact/hooks';
import { severities } from '../../../../../actors/steps/step.ts';
import type { Row, Severity } from '../../../api.ts';
import { actorHref, go, goQuery, place } from '../../location.ts';
import { SeverityMark } from '../../mark.tsx';
import { counts, nowMs } from '../../store.ts';
import { wholeSpan } from '../../time.ts';
import { MapCanvas } from './canvas.tsx';
import { MapCounts } from './counts.tsx';
import { useMap } from './reading.ts';
import type { FleetMap } from './parse.ts';
import { rowAt, useRow } from './rows.ts';
import type { Named } from './rows.ts';

const keys = ['region', 'kind', 'namespace', 'severity', 'state', 'host'];
const FIRST_GROUP = 'region,kind';
/** Up to so many actors the counts are told beside the map without being asked for. */
const FEW = 100;

export function FleetMapView() {
  const group = place.value.query.get('group') ?? FIRST_GROUP;
  const { map, problem } = useMap(group);
  const [hidden, setHidden] = useState<readonly Severity[]>([]);
  const [wantsTable, setWantsTable] = useState<boolean>();
  const isTable = wantsTable ?? (map !== undefined && map.total > 0 && map.total <= FEW);
  const totals = severities.map((severity) => counts.value?.bySeverity[severity]);
  return (
    <div class="map">
      <div class="map-bar bar">
        <Grouping group={group} />
        <div class="facet-row" role="group" aria-label="Shown in full colour">
          {severities.map((severity, code) => (
            <button
              key={severity}
              type="button"
              class="facet"
              aria-pressed={!hidden.includes(severity)}
              onClick={() => setHidden(toggled(hidden, severity))}
            >
              <span class={`map-sample ${severity}`} aria-hidden="true" />
              {severity} <b>{totals[code]?.toLocaleString('en') ?? ''}</b>
            </button>
          ))}
        </div>
        <button type="button" aria-pressed={isTable} onClick={() => setWantsTable(!isTable)}>
          Table
        </button>
      </div>
      {problem !== '' && (
        <p class="problem" role="alert">
          {problem} {map !== undefined && 'The map is from before.'}
        </p>
      )}
      {map === undefined ? (
        <p class="muted padded">{problem === '' ? 'Reading the map …' : ''}</p>
      ) : map.total === 0 ? (
        <p class="muted padded">
          No actors yet. Make one: <code>fairlead apply -f cluster.yaml</code>
        </p>
      ) : (
        <Drawn
          map={map}
          isTable={isTable}
          isShown={severities.map((each) => !hidden.includes(each))}
        />
      )}
    </div>
  );
}

const toggled = <T,>(list: readonly T[], value: T): readonly T[] =>
  list.includes(value) ? list.filter((each) => each !== value) : [...list, value];

/** Keys in the order they were chosen: the first is the coarsest. */
function Grouping({ group }: { readonly group: string }) {
  const chosen = group.split(',').filter((key) => key !== '');
  return (
    <div class="facet-row" role="group" aria-label="Grouped by, the first chosen first">
      <span class="muted">by</span>
      {keys.map((key) => (
        <button
          key={key}
          type="button"
          class="facet"
          aria-pressed={chosen.includes(key)}
          onClick={() => goQuery({ group: toggled(chosen, key).join(',') || 'severity' })}
        >
          {key}
          {chosen.length > 1 && chosen.includes(key) && <b> {chosen.indexOf(key) + 1}</b>}
        </button>
      ))}
    </div>
  );
}

interface DrawnProps {
  readonly map: FleetMap;
  readonly isTable: boolean;
  readonly isShown: readonly boolean[];
}

function Drawn({ map, isTable, isShown }: DrawnProps) {
  const [at, setAt] = useState(-1);
  const place = placeOf(map, at);
  const named = useRow(place?.q ?? '', place?.inGroup ?? -1, map);
  const open = (index: number) => {
    const cell = placeOf(map, index);
    if (cell === undefined) return;
    const href = (row: Row | undefined) =>
      row === undefined ? `/actors?q=${encodeURIComponent(cell.q)}` : actorHref(row.actor);
    // Without an answer the list of the group is the next best.
    rowAt(cell.q, cell.inGroup, map).then(
      (row) => go(href(row)),
      () => go(href(undefined)),
    );
  };
  return (
    <>
      <MapCounts map={map} isShown={isTable} />
      <MapCanvas map={map} isShown={isShown} at={at} onAt={setAt} onOpen={open} />
      <p class="map-readout" id="map-readout" aria-live="polite">
        <Readout named={named} group={place?.name ?? ''} />
      </p>
    </>
  );
}

function placeOf({ groups }: FleetMap, index: number) {
  let first = 0;
  for (const { q, name, count } of groups) {
    if (index >= first && index < first + count) return { q, name, inGroup: index - first };
    first += count;
  }
  return undefined;
}

function Readout({ named, group }: { readonly named: Named; readonly group: string }) {
  if (named === 'none')
    return <span class="muted">Point at a cell, or move with the arrow keys.</span>;
  if (named === 'reading') return <span class="muted">{group} …</span>;
  if ('problem' in named) return <span>{named.problem}</span>;
  const { actor, severity, state, sinceMs, region, reason, isGone } = named;
  const [kind = '', ...path] = actor.split('/');
  return (
    <>
      <SeverityMark severity={severity} />
      <a href={actorHref(actor)}>{actor}</a>
      <span class="mono">{isGone ? 'gone' : state}</span>
      <span class="muted">
        for {wholeSpan(nowMs.value - sinceMs)}
        {region !== '' && `, ${region}`}
        {reason !== '' && `: ${reason}`}
      </span>
      {kind === 'cluster' && <a href={`/map/${path.map(encodeURIComponent).join('/')}`}>tree</a>}
    </>
  );
}
