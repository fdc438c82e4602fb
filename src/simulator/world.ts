/** The simulated cloud as one value: its rows, its clock, and what the operations ask of both. */
import { randomBytes } from 'node:crypto';
import type { Clock } from './clock.ts';
import type { Draw, Range } from './draw.ts';
import type { CommandRunner } from './node/contract.ts';
import type { Journal, Table } from './state/journal.ts';
import type {
  CommandRecord,
  GroupRecord,
  InstanceRecord,
  InvocationRecord,
  ParameterRecord,
  TokenRecord,
} from './state/records.ts';
import type {
  FastRestoreRecord,
  OutcomeRow,
  SnapshotRecord,
  VolumeFlagRow,
  VolumeLimitRow,
  VolumeRecord,
  VolumeTokenRecord,
} from './state/volume-records.ts';
import { durations } from './timing.ts';
import type { DurationName } from './timing.ts';
import type { Vault } from './vault.ts';

/** How much of a type a zone has left; a row is made by whoever wants scarcity, absent means plenty. */
export interface CapacityRow {
  readonly zone: string;
  /** An instance type, or `*`. */
  readonly instanceType: string;
  readonly lifecycle: 'onDemand' | 'spot' | '*';
  /** How many more launches succeed. */
  readonly left: number;
  /** Launches beyond that get a good reply and die while pending, instead of being refused. */
  readonly isLate: boolean;
}

interface QuotaRow {
  readonly region: string;
  readonly lifecycle: 'onDemand' | 'spot';
  /** On demand: running vCPUs; spot: instances. */
  readonly max: number;
}

/** Agents that come late or never, by a tag of their instance. */
interface AgentRow {
  readonly tag: string;
  readonly value: string;
  /** Absent: the agent never answers. Simulated milliseconds after the boot otherwise. */
  readonly onlineAfterMs?: number | undefined;
  /** How many more boots the row applies to. */
  readonly times: number;
}

export interface Tables {
  readonly instances: Table<InstanceRecord>;
  readonly tokens: Table<TokenRecord>;
  readonly groups: Table<GroupRecord>;
  readonly commands: Table<CommandRecord>;
  readonly invocations: Table<InvocationRecord>;
  readonly parameters: Table<ParameterRecord>;
  /** How many instances were ever launched, per `fairlead:uid` tag; outlives the instances. */
  readonly launches: Table<number>;
  /** Per zone letter, the last address offset given out. */
  readonly addresses: Table<number>;
  readonly capacity: Table<CapacityRow>;
  readonly quotas: Table<QuotaRow>;
  readonly agents: Table<AgentRow>;
  readonly durations: Table<Range>;
  readonly volumes: Table<VolumeRecord>;
  readonly volumeTokens: Table<VolumeTokenRecord>;
  readonly snapshots: Table<SnapshotRecord>;
  readonly fastRestores: Table<FastRestoreRecord>;
  readonly volumeLimits: Table<VolumeLimitRow>;
  readonly volumeFlags: Table<VolumeFlagRow>;
  readonly outcomes: Table<OutcomeRow>;
}

export interface World {
  readonly clock: Clock;
  readonly draw: Draw;
  readonly tables: Tables;
  /** Keeps all changes of one call together on disk. */
  readonly together: Journal['together'];
  readonly vault: Vault;
  readonly runner: CommandRunner;
  /** Where ids come from; absent: chance. A seeded run gives its own, so that one seed is one story. */
  readonly idOf?: (prefix: string) => string;
}

/** Who sent a call: the owner of the data folder, or the role of one instance. */
export type Caller =
  { readonly kind: 'owner' } | { readonly kind: 'node'; readonly instanceId: string };

export interface Call {
  readonly world: World;
  readonly region: string;
  readonly caller: Caller;
  readonly nowMs: number;
}

export function openTables(journal: Pick<Journal, 'table'>): Tables {
  return {
    instances: journal.table('instances'),
    tokens: journal.table('tokens'),
    groups: journal.table('groups'),
    commands: journal.table('commands'),
    invocations: journal.table('invocations'),
    parameters: journal.table('parameters'),
    launches: journal.table('launches'),
    addresses: journal.table('addresses'),
    capacity: journal.table('capacity'),
    quotas: journal.table('quotas'),
    agents: journal.table('agents'),
    durations: journal.table('durations'),
    volumes: journal.table('volumes'),
    volumeTokens: journal.table('volumeTokens'),
    snapshots: journal.table('snapshots'),
    fastRestores: journal.table('fastRestores'),
    volumeLimits: journal.table('volumeLimits'),
    volumeFlags: journal.table('volumeFlags'),
    outcomes: journal.table('outcomes'),
  };
}

/** Wall milliseconds that something takes: drawn by its key from the range in force, divided by the scale. */
export function drawDuration(world: World, name: DurationName, key: string): number {
  const range = world.tables.durations.get(name) ?? durations[name];
  return world.clock.scaled(world.draw(`${name}/${key}`, range));
}

/** A fresh id in AWS's form. */
export function newId(world: World, prefix: string): string {
  return world.idOf?.(prefix) ?? `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}`;
}
