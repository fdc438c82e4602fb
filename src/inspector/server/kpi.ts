/** The figures by which the service is judged, of all hosts together, as `fairlead metrics` tells them. */
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import { fleetTimes, kpiMetrics, phaseKpis, serviceKpis, turnsPerMinute } from '../../kpi/kpis.ts';
import type { Measured } from '../../kpi/kpis.ts';
import type { Sample } from '../../kpi/samples.ts';
import { surveyPages } from '../../survey-pages.ts';
import type { KpiPage } from '../api.ts';
import { sharedLook } from './shared-look.ts';
import type { Parts } from './parts.ts';
import type { Route } from './router.ts';

export function kpiRoute(parts: Parts): Route {
  let before: Measured | undefined;
  const look = sharedLook(parts.nowMs, limits.kpiFreshMs, async (): Promise<KpiPage> => {
    const samples = await measured(parts);
    const now: Measured = { atMs: parts.nowMs(), samples };
    const perMinute = turnsPerMinute(now, before);
    before = now;
    return {
      atMs: now.atMs,
      hosts: [...new Set(samples.map(({ host }) => host))].sort(),
      kpis: [...phaseKpis(fleetTimes(samples)), ...serviceKpis(samples, perMinute)],
    };
  });
  return {
    ...{ method: 'GET', role: 'viewer', path: '/api/kpi' },
    answer: async () => ({ value: await look() }),
  };
}

async function measured({ service }: Parts): Promise<readonly Sample[]> {
  const key = { kind: 'metric', namespace: 'system', name: '_', verb: 'survey' };
  const entries = await surveyPages('metric', (after) =>
    service.askAll({ ...key, arguments: { names: kpiMetrics, after } }),
  );
  return entries as readonly unknown[] as readonly Sample[];
}
