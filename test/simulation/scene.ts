/** One replication among everything else: its account of the cloud, its judge, and what is stored of it. */
import type { ReplicationContext } from '../../machines/replication-context.ts';
import { overrideTokenOf } from '../../machines/replication-safety.ts';
import { peerOf } from '../../machines/replication-table.ts';
import type { Side } from '../../machines/replication-table.ts';
import { stateAt } from '../../src/simulator/ec2/instance-state.ts';
import { manifest, regions } from '../model/replication/hosted/declared.ts';
import type { Healed } from '../model/replication/hosted/healing.ts';
import { Judge } from '../model/replication/hosted/judge.ts';
import { Troubles } from '../model/replication/hosted/troubles.ts';
import type { WorldClock } from './clock.ts';
import type { Ground } from './ground.ts';
import type { ReplicationPlan } from './story.ts';
import type { Account } from './volumes.ts';

interface Snapshot {
  readonly value: Readonly<Record<string, unknown>>;
  readonly context: ReplicationContext;
}

export class Scene implements Healed {
  readonly key: { readonly kind: 'replication'; readonly namespace: string; readonly name: string };
  readonly cloud: Account;
  readonly judge: Judge;
  readonly clock: WorldClock;
  readonly troubles: Troubles;
  readonly #ground: Ground;
  readonly #plan: ReplicationPlan;
  /** Passes time; the judge looks in between. */
  readonly pass: (ms: number) => Promise<void>;

  constructor(parts: {
    plan: ReplicationPlan;
    account: Account;
    clock: WorldClock;
    ground: Ground;
    pass: (ms: number) => Promise<void>;
  }) {
    const { plan, account, clock, ground, pass } = parts;
    this.key = { kind: 'replication', namespace: plan.namespace, name: plan.name };
    this.cloud = account;
    this.clock = clock;
    this.pass = pass;
    this.#ground = ground;
    this.#plan = plan;
    this.judge = new Judge(regions, account.places.home.volumeIds.length);
    this.troubles = new Troubles(this);
  }

  manifest(): object {
    const plain = manifest(this.cloud.places);
    const { namespace, name, every, fencing, onDelete } = this.#plan;
    const { home, away } = plain.spec.endpoints;
    const account = this.cloud.name;
    return {
      ...plain,
      metadata: { namespace, name },
      spec: {
        ...plain.spec,
        endpoints: { home: { ...home, account }, away: { ...away, account } },
        schedule: { mode: 'interval', every, rpo: '80m', rto: '1h' },
        extensions: { ebs: { fencing, hydrate: 'lazy' } },
        retention: { keepLast: 2, minAge: '10m', safetyAge: '2h', onDelete },
      },
    };
  }

  #snapshot(): Snapshot | undefined {
    return this.#ground.record(this.key)?.snapshot as Snapshot | undefined;
  }

  memory(): ReplicationContext | undefined {
    return this.#snapshot()?.context;
  }

  look(): void {
    const memory = this.memory();
    if (memory !== undefined)
      this.judge.look({ memory, truth: this.cloud.truth(), nowMs: this.clock.nowMs() });
  }

  scheduleState(): string {
    const schedule = this.#snapshot()?.value['schedule'];
    return typeof schedule === 'string' ? schedule : Object.keys(schedule ?? {}).join();
  }

  overrideToken(): string {
    const memory = this.memory();
    return memory === undefined ? 'none' : overrideTokenOf(memory);
  }

  /** The side that does not write now. */
  other(): Side {
    const memory = this.memory();
    if (memory === undefined) return 'away';
    if (memory.writer !== 'none') return peerOf(memory.writer);
    return memory.away.epoch > memory.home.epoch ? 'home' : 'away';
  }

  isGone(instanceId: string): boolean {
    const record = this.cloud.world.tables.instances.get(instanceId);
    if (record === undefined) return true;
    return ['terminated', 'shutting-down'].includes(stateAt(record, this.clock.nowMs()));
  }

  where(): string {
    const memory = this.memory();
    if (memory === undefined) return `${this.key.name}: nothing stored`;
    const { home, away, writer, epoch, reason, lastFault, operation } = memory;
    const fault = lastFault === null ? '' : `; ${lastFault.code}: ${lastFault.message}`;
    const order = operation === null ? '' : ` ${operation.kind} ${operation.how}`;
    return `${this.key.name}: home ${home.phase}, away ${away.phase}, writer ${writer}, epoch ${epoch}${order} (${reason}${fault})`;
  }
}
