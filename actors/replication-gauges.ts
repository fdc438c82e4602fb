/** What the stored state of one replication reads as gauges. Pure. */
import { publicStateOf } from '../machines/replication-context.ts';
import type { ReplicationContext } from '../machines/replication-context.ts';
import { lagOf } from '../machines/replication-settings.ts';
import { publicStates, sides } from '../machines/replication-table.ts';
import type { KindSnapshot } from './kind.ts';
import type { MetricReading } from './metric-names.ts';
import { healths } from './replication-metric-names.ts';
import type { ReplicationHealth } from './replication-metric-names.ts';
import type { Merging, ResourceLabels } from './resource-series.ts';

/** As the chart's own region has it. */
function healthOf({ value }: KindSnapshot): ReplicationHealth {
  const told = (value as { readonly health?: unknown }).health;
  return healths.find((each) => each === told) ?? 'unknown';
}

/** State of the recovery side, as `status.state`. */
export const stateOf = ({ away }: ReplicationContext) => publicStateOf(away.phase);

export const mergingOf = (metric: MetricReading['metric']): Merging => {
  if (/_(state|mode|phase|accepted)$/.test(metric)) return 'sum';
  return /_(health|timestamp_seconds)$/.test(metric) ? 'min' : 'max';
};

/** One-hot over every value each time, so that none stays 1 that is over. */
const oneHot = (
  metric: MetricReading['metric'],
  labels: ResourceLabels,
  label: string,
  values: readonly string[],
  now: string,
): MetricReading[] =>
  values.map((value) => ({
    metric,
    labels: { ...labels, [label]: value },
    value: value === now ? 1 : 0,
  }));

export function gaugesOf(
  snapshot: KindSnapshot,
  labels: ResourceLabels,
  nowMs: number,
): MetricReading[] {
  const context = snapshot.context as ReplicationContext;
  const { epoch, lastSyncMs, loss, riskAccepted, settings } = context;
  const health = healthOf(snapshot);
  const lag = lagOf(context, nowMs);
  const mode = settings?.mode ?? 'asynchronous';
  const modes = ['asynchronous', 'synchronous'];
  const plain = (metric: MetricReading['metric'], value: number): MetricReading => ({
    ...{ metric, labels, value },
  });
  return [
    ...oneHot('unified_replication_state', labels, 'state', publicStates, stateOf(context)),
    ...oneHot('unified_replication_mode', labels, 'mode', modes, mode),
    plain('unified_replication_health', health === 'healthy' ? 1 : 0),
    ...oneHot('fairlead_replication_health_state', labels, 'health', healths, health),
    ...sides.flatMap((endpoint) => {
      const at = { ...labels, endpoint };
      const { phase } = context[endpoint];
      const metric = 'fairlead_replication_endpoint_state';
      return [
        ...oneHot(metric, at, 'state', publicStates, publicStateOf(phase)),
        {
          metric: 'fairlead_replication_endpoint_phase' as const,
          labels: { ...at, phase },
          value: 1,
        },
      ];
    }),
    ...(lag === undefined
      ? []
      : [
          plain('fairlead_replication_rpo_seconds', lag.seconds),
          plain('fairlead_replication_lag_ratio', lag.ratio),
        ]),
    ...(lastSyncMs === null
      ? []
      : [plain('fairlead_replication_last_sync_timestamp_seconds', lastSyncMs / 1_000)]),
    plain('fairlead_replication_epoch', epoch),
    plain('fairlead_replication_data_loss_estimate_seconds', loss?.seconds ?? 0),
    plain('fairlead_replication_risk_accepted', riskAccepted?.clearedAtMs === null ? 1 : 0),
  ];
}
