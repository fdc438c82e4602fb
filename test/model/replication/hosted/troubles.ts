/** What goes wrong in the cloud of a story, each by the simulator's own rules, and how it ends again. */
import type { Side } from '../../../../machines/replication-table.ts';
import type { Clock } from '../../../../actors/ports.ts';
import type { Cloud } from './cloud.ts';
import { regions } from './declared.ts';
import type { Trouble as Told, TroubleName } from './story.ts';

type Trouble = Told & { readonly side: Side };

/** What trouble is made in. */
export interface Troubled {
  readonly cloud: Cloud;
  readonly clock: Pick<Clock, 'nowMs' | 'after'>;
  readonly judge: { excusedUntilMs: number };
}

/** Makes it happen; answers what ends it. */
type Begin = (world: Troubled, trouble: Trouble) => (() => void) | undefined;

const changing = [
  ...(['CreateVolume', 'AttachVolume', 'DetachVolume', 'CreateTags', 'CreateSnapshots'] as const),
  ...(['CreateSnapshot', 'CopySnapshot', 'DeleteSnapshot', 'StopInstances', '*'] as const),
] as const;
const quotas = [
  ['CreateSnapshot*', 'SnapshotCreationPerVolumeRateExceeded'],
  ['CreateSnapshot*', 'ConcurrentSnapshotLimitExceeded'],
  ['CreateSnapshot*', 'SnapshotLimitExceeded'],
  ['CopySnapshot', 'ResourceLimitExceeded'],
  ['CreateVolume', 'VolumeLimitExceeded'],
  ['CreateVolume', 'InsufficientVolumeCapacity'],
  ['AttachVolume', 'AttachmentLimitExceeded'],
  ['CreateVolume', 'UnsupportedOperation'],
  ['*', 'UnauthorizedOperation'],
] as const;
const works = ['snapshot', 'copy', 'volume'] as const;
const limits = ['copies', 'volumes', 'snapshots', 'attachments'] as const;

const picked = <T>(from: readonly T[], pick: number): T => {
  const found = from[pick % from.length];
  if (found === undefined) throw new Error('there is nothing to pick from');
  return found;
};

/** A rule for calls to the side's region. */
const rule =
  (act: (trouble: Trouble) => object, op?: (trouble: Trouble) => string): Begin =>
  (world, trouble) => {
    const { side, pick, times } = trouble;
    const row = world.cloud.side('POST', 'faults', {
      ...{ op: op?.(trouble) ?? picked(changing, pick), region: regions[side], times },
      act: act(trouble),
    }) as { id: string };
    return () => {
      world.cloud.side('DELETE', `faults?id=${row.id}`);
    };
  };
const error = (code: string, status: number) => ({ kind: 'error', code, status });

const flag =
  (name: string): Begin =>
  (world) => {
    world.cloud.side('POST', 'volumes/flags', { name });
    return () => {
      world.cloud.side('POST', 'volumes/flags', { name, isOn: false });
    };
  };

const duration =
  (...rows: readonly (readonly [string, number, number])[]): Begin =>
  (world) => {
    for (const [name, min, max] of rows)
      world.cloud.side('POST', 'durations', { name, range: { min, max } });
    return () => {
      world.cloud.side('DELETE', 'durations');
    };
  };

/** By somebody in the console: nothing knows of it but the cloud. */
const byHand =
  (name: 'stopInstances' | 'terminateInstances'): Begin =>
  (world, { side }) => {
    void handle(world, name, side);
    return () => {
      void startAgain(world, side);
    };
  };

const begins: Readonly<Record<TroubleName, Begin>> = {
  lostReply: rule(() => ({ kind: 'hangupAfter' })),
  // As late as an attempt takes: what lands later than that is what no window can cover.
  late: rule(({ pick }) => ({
    ...{ kind: 'late', ms: 500 + (pick % 10) * 1_000, reply: pick % 2 === 0 ? 'none' : '503' },
  })),
  unavailable: rule(() => error('ServiceUnavailable', 503)),
  throttled: rule(
    () => error('RequestLimitExceeded', 503),
    () => '*',
  ),
  unanswered: rule(({ pick }) => ({ kind: pick % 2 === 0 ? 'stall' : 'hold' })),
  quota: rule(
    ({ pick }) => error(picked(quotas, pick)[1], 400),
    ({ pick }) => picked(quotas, pick)[0],
  ),
  regionAway: (world, trouble) =>
    rule(
      ({ pick }) => ({ kind: pick % 2 === 0 ? 'hangupBefore' : 'hold' }),
      () => '*',
    )(world, { ...trouble, times: 1_000_000 }),
  readLag: duration(['lag', 0, 5_000]),
  slow: duration(['snapshot', 60_000, 600_000], ['copyChanged', 60_000, 900_000]),
  workFails: (world, { pick, times }) => {
    const message = 'Given key ID is not accessible';
    world.cloud.side('POST', 'volumes/outcomes', { what: picked(works, pick), times, message });
    return () => {
      world.cloud.side('DELETE', 'volumes/outcomes');
    };
  },
  busy: flag('mounted'),
  noDeny: flag('allowFenced'),
  snapshotInUse: flag('snapshotInUse'),
  limits: (world, { pick, side }) => {
    const place = regions[side];
    world.cloud.side('POST', 'volumes/limits', { name: picked(limits, pick), place, max: 0 });
    return () => {
      world.cloud.side('DELETE', 'volumes/limits');
    };
  },
  stopped: byHand('stopInstances'),
  terminated: byHand('terminateInstances'),
  // Every second call or so, of every kind.
  halfDead: (world, { side }) => {
    const row = world.cloud.side('POST', 'faults', {
      ...{ region: regions[side], probability: 0.4, act: error('InternalError', 500) },
    }) as { id: string };
    return () => {
      world.cloud.side('DELETE', `faults?id=${row.id}`);
    };
  },
};

const scopeOf = (side: Side) => ({
  ...{ account: 'main', region: regions[side], correlationId: 'by hand' },
  signal: new AbortController().signal,
});

/** Refusals are the cloud's business: it may be gone already, or the region away. */
async function handle(
  { cloud }: Troubled,
  name: 'stopInstances' | 'terminateInstances' | 'startInstances',
  side: Side,
): Promise<boolean> {
  const { instanceId } = cloud.places[side];
  return cloud
    .ec2(scopeOf(side), name, { InstanceIds: [instanceId] })
    .then(() => true)
    .catch(() => false);
}

/** Nobody starts a machine that still holds a fenced volume: its data would go on where it must not. */
export async function startAgain(world: Troubled, side: Side): Promise<boolean> {
  const { instanceId } = world.cloud.places[side];
  const holdsFenced = world.cloud
    .truth()
    .volumes.some(
      ({ attachment, tags }) => attachment?.instanceId === instanceId && 'repl:fenced' in tags,
    );
  return holdsFenced ? false : handle(world, 'startInstances', side);
}

/** Everything that is going on, so that it can be ended at once. */
export class Troubles {
  /** Times each began. */
  readonly begun = new Map<TroubleName, number>();
  readonly #world: Troubled;
  readonly #endings = new Set<() => void>();

  constructor(world: Troubled) {
    this.#world = world;
  }

  begin(trouble: Trouble): void {
    const end = begins[trouble.name](this.#world, trouble);
    this.begun.set(trouble.name, (this.begun.get(trouble.name) ?? 0) + 1);
    if (end === undefined) return;
    const once = (): void => {
      if (this.#endings.delete(once)) end();
    };
    this.#endings.add(once);
    const { judge, clock } = this.#world;
    judge.excusedUntilMs = Math.max(judge.excusedUntilMs, clock.nowMs() + trouble.forMs);
    this.#world.clock.after(trouble.forMs, once);
  }

  endAll(): void {
    for (const end of this.#endings) end();
    for (const path of ['faults', 'durations', 'volumes/flags', 'volumes/limits'])
      this.#world.cloud.side('DELETE', path);
    this.#world.cloud.side('DELETE', 'volumes/outcomes');
  }
}
