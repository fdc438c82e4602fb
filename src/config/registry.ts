/** The registries `config` and `policy`: what holds here now, and where it comes from. */
import { profiles } from '../../machines/limits.ts';
import type { EffectName } from '../../machines/messages.ts';
import type { Retries } from '../../machines/retry.ts';
import { effectRegistry } from '../../actors/effects/registry.ts';
import type { RegistryEntry } from '../../actors/registries.ts';
import type { Settings } from './settings.ts';

/** Every setting with its value, its source and the variable that sets it. No secret is a setting. */
export const configEntries = ({ entries }: Settings): RegistryEntry[] =>
  entries.map((entry) => ({ ...entry }));

/** Retry policies, then what the calls of each service are allowed; numbers as resolved. */
export function policyEntries(settings: Settings, retries: Retries): RegistryEntry[] {
  const effects = Object.keys(effectRegistry) as EffectName[];
  const own = profiles[settings.profile].retry;
  const usedBy = (policy: string): string[] =>
    effects.filter((effect) => retries.nameFor(own, effect) === policy);
  const retry = Object.entries(settings.retryPolicies).map(([name, policy]) => ({
    ...{ name, type: 'retry', usedBy: usedBy(name) },
    ...policy,
    retries: policy.maxAttempts - 1,
  }));
  const calls = Object.entries(settings.rows).map(([name, row]) => ({
    name,
    type: 'calls',
    ...row,
  }));
  return [...retry, ...calls];
}
