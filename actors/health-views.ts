/** Health as the registry shows it: every probe with its counts, and the conditions that providers are known by. */
import type { ProbeStatus } from '../machines/probe.ts';
import type { ProbeView } from './probes.ts';
import type { RegistryEntry } from './registries.ts';

interface Condition {
  readonly type: 'ProviderAvailable' | 'ProviderRuntimeReady';
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
  readonly since: string;
}

const reasons = {
  ProviderAvailable: { healthy: 'HealthCheckPassed', unhealthy: 'HealthCheckFailed' },
  ProviderRuntimeReady: { healthy: 'DeploymentReady', unhealthy: 'DeploymentError' },
} as const;

const statuses: Readonly<Record<ProbeStatus, Condition['status']>> = {
  ...{ healthy: 'True', unhealthy: 'False', unknown: 'Unknown' },
};

/** Name of the composite probe over all providers. */
export const allProviders = 'providers';

export const healthEntries = (views: readonly ProbeView[]): RegistryEntry[] =>
  views.map((view) => ({ ...view, ...conditionOf(view) }));

function conditionOf({ name, status, error, since }: ProbeView): { condition?: Condition } {
  const isProvider = name.includes('/');
  if (!isProvider && name !== allProviders) return {};
  const type = isProvider ? 'ProviderAvailable' : 'ProviderRuntimeReady';
  const reason = status === 'unknown' ? 'NotCheckedYet' : reasons[type][status];
  return { condition: { type, status: statuses[status], reason, message: error, since } };
}
