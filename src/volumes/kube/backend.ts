/** A back end that works through Kubernetes resources: every effect of a replication, over what its driver does differently. */
import type { EndpointSight, VolumeBackend } from '../../../actors/replication-ports.ts';
import { kubeVolumes } from '../../../machines/limits-kube-volumes.ts';
import { issueExpired } from '../../../machines/replication-effects.ts';
import type { PointMade, ReplicationFacts, Sight } from '../../../machines/replication-effects.ts';
import { replication } from '../../../machines/replication-limits.ts';
import { peerOf, sides } from '../../../machines/replication-table.ts';
import type { Side } from '../../../machines/replication-table.ts';
import { faultIn, hasCode, isSilence, volumeFault } from '../ebs/faults.ts';
import { attachmentOf } from './attachment.ts';
import type { Flow, KubeDriver, Look, Point } from './driver.ts';
import { preflight, requireServed } from './preflight.ts';
import { estimated } from './estimate.ts';
import { fence, idle, lookTwice, prove, sightOf } from './proof.ts';
import { takeSafetyCopies } from './safety-copy.ts';
import { begin, claimsOf, clusterOf, notYet, portOf, unsupported, until, viaSsm } from './work.ts';
import type { Tools, Work } from './work.ts';
import { marks } from './write.ts';

type Effects = VolumeBackend['effects'];

export function createKubeBackend(driver: KubeDriver, tools: Tools): VolumeBackend {
  const effects = { ...guardingEffects(driver, tools), ...movingEffects(driver, tools) };
  return {
    name: driver.name,
    capabilities: driver.capabilities,
    effects: remembering(driver, tools, { ...effects, ...copyingEffects(driver, tools) }),
    observe: async (of, endpoint, attempt) => {
      const work = begin(tools, of, attempt, { epoch: of.epoch });
      const look = await lookTwice(driver, work, endpoint);
      return sightFrom(look, await writableOf(driver, work, endpoint, look));
    },
    estimate: (of, what) => Promise.resolve(estimated(of, what, tools)),
  };
}

/** After a fault of a cluster nothing remembered of it counts. */
function remembering(driver: KubeDriver, { discovery }: Tools, effects: Effects): Effects {
  const wrapped = Object.entries(effects).map(([name, run]) => {
    const perform = run as (of: ReplicationFacts, ...rest: unknown[]) => Promise<unknown>;
    const whole = async (of: ReplicationFacts, ...rest: unknown[]) => {
      try {
        return await perform(of, ...rest);
      } catch (thrown) {
        if (isSilence(thrown) || faultIn(thrown)?.type === 'NotSupported')
          for (const side of sides) discovery.forget(clusterOf(of, side), driver.name);
        throw thrown;
      }
    };
    return [name, whole];
  });
  // The names and their functions are those that came in.
  return Object.fromEntries(wrapped) as Effects;
}

/** What looks, decides who may write, and takes the right to write away. */
function guardingEffects(driver: KubeDriver, tools: Tools) {
  const of = (...[facts, input, attempt]: Parameters<Effects['replication.claim']>): Work =>
    begin(tools, facts, attempt, input);
  return {
    'replication.establish': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      await requireServed(driver, work, input.endpoint);
      await driver.establish(work, input.endpoint);
      const isFirst = facts.spec.initialSource === input.endpoint;
      const seen = await until(work, kubeVolumes.settleMs, async () => {
        const value = await sightOf(driver, work, input.endpoint);
        const isOver = isFirst ? value.self === 'yes' && value.peer === 'no' : value.self === 'no';
        return { isOver, value };
      });
      return seen.value;
    },
    'replication.preflight': (facts, input, attempt) =>
      preflight(driver, begin(tools, facts, attempt, input), input),
    'replication.claim': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      await driver.stamp(work, input.endpoint);
      // A peer that cannot be asked is fenced by other means; one that can must know that its epoch is over.
      await driver.stamp(work, peerOf(input.endpoint)).catch((thrown: unknown) => {
        if (!isSilence(thrown) && faultIn(thrown)?.type !== 'NotFound') throw thrown;
      });
      return viaSsm(work, ...sides);
    },
    'replication.drain': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      await drained(work, input.endpoint);
      return {};
    },
    'replication.fence': (facts, input, attempt) =>
      fence(driver, of(facts, input, attempt), input.endpoint),
    'replication.prove': (facts, input, attempt) =>
      prove(driver, begin(tools, facts, attempt, input), input.endpoint, input),
    'replication.verify': async (facts, input, attempt) =>
      verified(driver, begin(tools, facts, attempt, input), input.endpoint),
    'replication.release': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      await driver.demote(work, input.endpoint);
      return viaSsm(work, input.endpoint);
    },
    'replication.compensate': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      await driver.disarm(work, input.endpoint);
      return viaSsm(work, input.endpoint);
    },
  } satisfies Partial<Effects>;
}

/** What makes an endpoint the writer, or lets it be overwritten. */
function movingEffects(driver: KubeDriver, tools: Tools) {
  const of = (...[facts, input, attempt]: Parameters<Effects['replication.claim']>): Work =>
    begin(tools, facts, attempt, input);
  return {
    'replication.choosePoint': async (facts, { endpoint, seq }) =>
      Promise.resolve(newestPoint(driver, tools, facts, endpoint, seq)),
    // The copy is the volume itself.
    'replication.materialize': () => Promise.resolve({ isDone: true }),
    'replication.arm': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      const peer = peerOf(input.endpoint);
      const isPlanned = await driver.isAllSent(work, peer).catch(() => false);
      // Read once more here: what was sent is all there is only while nobody writes there.
      const seen = isPlanned ? await idle(driver, work, peer) : undefined;
      if (seen?.writable === 'yes')
        throw volumeFault('Conflict', 'volume.peerWrites', `${peer}: ${seen.observed}`);
      await driver.promote(work, input.endpoint, isPlanned);
      return viaSsm(work, ...sides);
    },
    'replication.preserve': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      if (await driver.isAllSent(work, input.endpoint)) return { isDone: true };
      const isDone = await takeSafetyCopies(work, input.endpoint);
      return isDone ? { isDone } : { isDone, progress: 0 };
    },
    'replication.selectBase': () => Promise.resolve({ seq: null }),
    'replication.transfer': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      const flow = await followed(work, () => driver.reverse(work, input.endpoint));
      return flow.isDone ? { isDone: true, ...viaSsm(work, ...sides) } : flow;
    },
    'replication.catchUp': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      const writer = peerOf(input.endpoint);
      await driver.settle(work, input.endpoint);
      return numbered(input.seq, await followed(work, () => driver.sync(work, writer, input.seq)));
    },
    'replication.syncStatus': async (facts, input, attempt) => {
      const work = begin(tools, facts, attempt, input);
      const { value } = await until(work, kubeVolumes.settleMs, async () => {
        const look = await driver.look(work, input.endpoint);
        const isOver = look.state === 'replica' && look.isFresh && look.isComplete;
        return { isOver, value: { isComplete: isOver } };
      });
      return value;
    },
    'replication.startTest': () => Promise.reject(unsupported(driver.name, 'test a failover')),
    // Reached when a test could not be started: there is nothing to end.
    'replication.endTest': () => Promise.resolve({}),
    'replication.reconfigure': () =>
      Promise.reject(
        unsupported(driver.name, 'change mode or interval: classes hold them; make a new one'),
      ),
    'replication.remove': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      // The writer first: what the other side does without a writer, drivers disagree on.
      const first = facts.writer === 'away' ? 'away' : 'home';
      await driver.remove(work, first);
      await driver.remove(work, peerOf(first));
      return viaSsm(work, ...sides);
    },
  } satisfies Partial<Effects>;
}

/** What keeps the copy current. */
function copyingEffects(driver: KubeDriver, tools: Tools) {
  const of = (...[facts, input, attempt]: Parameters<Effects['replication.claim']>): Work =>
    begin(tools, facts, attempt, input);
  return {
    'replication.snapshot': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      const { endpoint, seq } = input;
      return numbered(seq, await followed(work, () => driver.sync(work, endpoint, seq)));
    },
    // The storage copies by itself.
    'replication.copy': () => Promise.resolve({ isDone: true }),
    'replication.commitPoint': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      const flow = await driver.sync(work, input.endpoint, input.seq);
      if (!flow.isDone) throw notYet('the copy is not whole');
      return { seq: input.seq, pitMs: flow.pitMs };
    },
    'replication.prune': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      await driver.prune(work, input.endpoint);
      return {};
    },
    'replication.finalSync': async (facts, input, attempt) => {
      const work = of(facts, input, attempt);
      const { endpoint, seq, epoch, isSuperseded } = input;
      // The other side writes already: nothing of this one goes there any more, and it is not marked as sent.
      if (isSuperseded) return { isDone: true, seq, pitMs: tools.clock.nowMs() };
      const flow = await followed(work, () => driver.finalSync(work, endpoint, seq));
      if (flow.isDone) await driver.stamp(work, endpoint, { [marks.sent]: String(epoch) });
      return numbered(seq, flow);
    },
  } satisfies Partial<Effects>;
}

const numbered = (seq: number, flow: Flow): Point =>
  flow.isDone ? { isDone: true, seq, pitMs: flow.pitMs } : flow;

/** Slow work, looked at for a while. What was begun in time and needs one more change is asked again, with a new time. */
async function followed(work: Work, step: () => Promise<Flow>): Promise<Flow> {
  let flow = await step();
  if (flow.isDone) return flow;
  try {
    const { value } = await until<Flow>(work, replication.followMs, async () => {
      flow = await step();
      return { isOver: flow.isDone, value: flow };
    });
    return value;
  } catch (thrown) {
    if (hasCode(thrown, [issueExpired])) return flow;
    throw thrown;
  }
}

/** @throws VolumeFault `volume.inUse` while somebody still uses the claims: workloads are their owner's to stop */
async function drained(work: Work, side: Side): Promise<void> {
  const claims = claimsOf(work.of, side);
  const { isOver, value } = await until(work, kubeVolumes.settleMs, async () => {
    const { isAttached, users } = await attachmentOf(portOf(work, side), claims, work.attempt);
    return { isOver: !isAttached, value: users };
  });
  if (isOver) return;
  const users = value.slice(0, 5).join(', ');
  throw volumeFault(
    'Retryable',
    'volume.inUse',
    `${side} is in use by ${users}; scale those workloads down`,
    { retryable: true },
  );
}

/** Waits for evidence; a storage on its way is asked again. */
async function verified(driver: KubeDriver, work: Work, side: Side): Promise<Sight> {
  const { isOver, value } = await until(work, kubeVolumes.settleMs, async () => {
    const value = await sightOf(driver, work, side);
    return { isOver: value.self === 'yes' && value.peer === 'no', value };
  });
  if (isOver || value.self === 'yes') return value;
  const { state, why } = await driver.look(work, side);
  if (state === 'failed') return value;
  throw notYet(`${side} is not writable yet: ${why}`);
}

/** Only the newest copy exists; a side that wrote last itself has everything. */
function newestPoint(
  { name }: KubeDriver,
  { clock }: Tools,
  { points, writer, armed }: ReplicationFacts,
  side: Side,
  wanted: number | null,
): PointMade {
  const newest = points.filter(({ at }) => at === side).at(-1);
  if (wanted !== null && wanted !== newest?.seq)
    throw unsupported(name, `promote point ${wanted}: it keeps the newest copy only`);
  if (newest !== undefined) return { seq: newest.seq, pitMs: newest.pitMs };
  const isLastWriter = writer === side || armed[side] > armed[peerOf(side)];
  if (isLastWriter) return { seq: 0, pitMs: clock.nowMs() };
  throw volumeFault('NotFound', 'volume.noPoint', `${side} has no committed point`);
}

const roles = { promoting: 'transient', demoting: 'transient', syncing: 'transient' } as const;

/** The writer by its role; everybody else by what proves that it cannot. */
async function writableOf(driver: KubeDriver, work: Work, side: Side, look: Look) {
  const isWriter = look.state === 'source' && look.isFresh && work.of.writer === side;
  return isWriter ? ('yes' as const) : (await idle(driver, work, side)).writable;
}

function sightFrom(look: Look, writable: Sight['self']): EndpointSight {
  const { state, health, pitMs, isFresh, why } = look;
  const link = {
    healthy: 'healthy',
    degraded: 'degraded',
    unhealthy: 'broken',
    unknown: 'unknown',
  };
  return {
    role: state in roles ? 'transient' : (state as EndpointSight['role']),
    link: link[health] as EndpointSight['link'],
    ...{ writable, isFresh, lastPitMs: pitMs, observed: why },
    progress: state === 'syncing' ? 0 : null,
  };
}
