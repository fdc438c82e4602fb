/** The map as a table: for readers that see no canvas, and for everybody on request. */
import { severities } from '../../../../../actors/steps/step.ts';
import { tallies } from './parse.ts';
import type { FleetMap } from './parse.ts';

export function MapCounts({ map, isShown }: { readonly map: FleetMap; readonly isShown: boolean }) {
  const rows = tallies(map);
  return (
    <div
      class={isShown ? 'map-counts' : 'away'}
      {...(isShown && { tabIndex: 0, role: 'group', 'aria-label': 'Counts' })}
    >
      <table class="grid">
        <caption class="away">Actors by group and severity</caption>
        <thead>
          <tr>
            <th scope="col">group</th>
            {severities.map((severity) => (
              <th key={severity} scope="col">
                {severity}
              </th>
            ))}
            <th scope="col">all</th>
          </tr>
        </thead>
        <tbody>
          {map.groups.map(({ name, q, count }, at) => (
            <tr key={q}>
              <th scope="row">{name === '' ? 'all' : name}</th>
              {severities.map((severity, code) => (
                <td key={severity}>{(rows[at]?.[code] ?? 0).toLocaleString('en')}</td>
              ))}
              <td>{count.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
