/** The figures by which the service is judged, as `fairlead metrics` tells them. */
import type { KpiPage } from '../../api.ts';
import { useRead } from '../loaded.ts';
import { CopyLine } from '../commands/copy-line.tsx';
import { useArrival } from './arrival.ts';
import { Freshness } from './freshness.tsx';
import { KpiTile } from './kpi/tile.tsx';
import { verdictOf } from './kpi/words.ts';

const EVERY_MS = 5000;

export function KpiView() {
  const { data, problem, reload } = useRead<KpiPage>('/api/kpi', EVERY_MS);
  const arrivedMs = useArrival(data);
  const hosts = data?.hosts ?? [];
  return (
    <div class="wall-view padded">
      <div class="wall-head">
        {data !== undefined && <Summary page={data} />}
        <Freshness data={data} arrivedMs={arrivedMs} problem={problem} reload={reload} />
      </div>
      {data !== undefined && hosts.length === 0 && (
        <p class="problem">No host answered, so nothing is known. Look at Health.</p>
      )}
      <ul class="wall tiles">
        {data?.kpis.map((kpi) => (
          <li key={kpi.name}>
            <KpiTile kpi={kpi} atMs={data.atMs} />
          </li>
        ))}
      </ul>
      <CopyLine label="CLI" text="fairlead metrics --live" />
    </div>
  );
}

function Summary({ page: { kpis, hosts } }: { readonly page: KpiPage }) {
  const words = kpis.map((kpi) => verdictOf(kpi)[2]);
  const parts = ['alert', 'missed', 'met', 'not measured yet']
    .map((word) => [words.filter((each) => each === word).length, word] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return (
    <span>
      {parts.join(', ')}
      <span class="muted">, told by {hosts.join(', ') || 'nobody'}</span>
    </span>
  );
}
