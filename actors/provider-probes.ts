/** Probes EC2 and SSM of every account and region that some resource uses, and stops when the last one has left. */
import { budgets, health } from '../machines/limits.ts';
import { keyText } from '../machines/ids.ts';
import type { ResourceKey } from '../machines/ids.ts';
import type { CloudScope } from '../machines/messages.ts';
import type { Attempt } from './ports.ts';
import type { Probes } from './probes.ts';

const services = ['ec2', 'ssm'] as const;
export type ProbedService = (typeof services)[number];

export type Ping = (scope: CloudScope, service: ProbedService, attempt: Attempt) => Promise<void>;

const isProvider = (name: string): boolean => services.some((each) => name.startsWith(`${each}/`));

export class ProviderProbes {
  readonly #probes: Probes;
  readonly #ping: Ping;
  /** Account and region by the resource that uses it. */
  readonly #used = new Map<string, string>();

  constructor(probes: Probes, ping: Ping) {
    this.#probes = probes;
    this.#ping = ping;
  }

  /** Called on every commit; undefined when the resource has nothing in the cloud. */
  update(key: ResourceKey, scope: CloudScope | undefined): void {
    const name = keyText(key);
    const before = this.#used.get(name);
    const now = scope && `${scope.account}/${scope.region}`;
    if (before === now) return;
    if (now === undefined) this.#used.delete(name);
    else this.#used.set(name, now);
    if (scope !== undefined) this.#add(scope);
    if (before !== undefined && ![...this.#used.values()].includes(before))
      for (const service of services) this.#probes.remove(`${service}/${before}`);
  }

  /** Names of the probes of providers. */
  names(): string[] {
    return this.#probes.names().filter(isProvider);
  }

  #add({ account, region }: CloudScope): void {
    for (const service of services) {
      const name = `${service}/${account}/${region}`;
      if (this.names().length >= budgets.scopesMax * services.length) return;
      this.#probes.add({
        ...{ name, kind: 'ping', everyMs: health.providerEveryMs },
        ask: (signal) =>
          this.#ping({ account, region }, service, {
            ...{ signal, correlationId: 'health-probe', priority: 'background' },
          }),
      });
    }
  }
}
