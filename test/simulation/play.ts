/** Plays a story to its end: its steps, then calm, rest, deletion; every checker has looked at all of it. */
import { heal } from '../model/replication/hosted/healing.ts';
import { clusterManifest } from './tell.ts';
import { deleteAll, restOfClusters } from './rest.ts';
import { isLive } from './cloud/machine.ts';
import type { SimHost } from './host.ts';
import type { Step, Story } from './story.ts';
import { World } from './world.ts';
import type { PortMutant } from './world.ts';

export interface Played {
  readonly problems: readonly string[];
  /** SHA-256 over everything that has crossed between hosts and world. */
  readonly digest: string;
  readonly virtualMs: number;
  readonly commands: number;
  readonly crossings: number;
  readonly writes: number;
  /** Times each fault happened. */
  readonly faults: Readonly<Record<string, number>>;
}

export interface PlayOptions {
  readonly follow?: (line: string) => void;
  readonly mutant?: PortMutant;
}

export async function play(story: Story, options: PlayOptions = {}): Promise<Played> {
  const world = new World({ story, ...options });
  try {
    await world.open();
    const fromMs = world.clock.monotonicMs();
    for (const step of story.steps)
      world.clock.after(step.atMs, () => {
        take(world, story, step);
      });
    await world.pass(story.calmMs);
    world.trace.note('world', 'from', String(fromMs));
    world.calm();
    await restOfClusters(world);
    for (const scene of world.scenes)
      await heal(scene, (verb, given) => ordered(world, scene.key, verb, given));
    await deleteAll(world);
    await world.users.askForOutcomes(world.bus, (ms) => world.pass(ms));
    world.end();
  } catch (thrown) {
    world.accuse('simulation', thrown instanceof Error ? (thrown.stack ?? '') : String(thrown));
  } finally {
    world.close();
  }
  return {
    problems: world.problems,
    digest: world.trace.digest(),
    virtualMs: world.clock.monotonicMs(),
    commands: world.users.sent.length,
    crossings: world.trace.lines,
    writes: world.store.revisions,
    faults: Object.fromEntries(world.trace.faults),
  };
}

const answerMs = 30_000;

/** Sent, and waited for as long as an answer takes at most. */
async function ordered(
  world: World,
  key: { kind: string; namespace: string; name: string },
  verb: string,
  given: object = {},
): Promise<void> {
  const sent = world.users.order(key, verb, given);
  await world.pass(answerMs, () => world.users.hasReply(sent));
}

function take(world: World, story: Story, step: Step): void {
  world.trace.note('story', step.do, JSON.stringify(step));
  const { clock, weather } = world;
  const untilMs = 'forMs' in step ? clock.monotonicMs() + step.forMs : 0;
  switch (step.do) {
    case 'order': {
      order(world, story, step);
      return;
    }
    case 'answer': {
      answer(world, step.of, step.what);
      return;
    }
    case 'storm':
      weather.begin({ ...step, untilMs });
      return;
    case 'trouble': {
      const scene = world.scenes[step.of % Math.max(1, world.scenes.length)];
      world.trace.fault(`volumes.${step.name}`, 'cloud', step.side);
      scene?.troubles.begin({ ...step, times: 3 });
      return;
    }
    case 'hurt': {
      hurt(world, story, step);
      return;
    }
    default: {
      const host = world.hosts[step.host % world.hosts.length];
      if (host !== undefined) toHost(world, host, step);
    }
  }
}

function order(world: World, story: Story, step: Extract<Step, { do: 'order' }>): void {
  const { kind, of, verb, given, againMs } = step;
  if (kind === 'replication') {
    const scene = world.scenes[of];
    if (scene === undefined) return;
    const whole = verb === 'apply' ? { manifest: scene.manifest() } : given;
    world.users.order(scene.key, verb, whole, againMs);
    return;
  }
  const plan = story.cast.clusters[of];
  if (plan === undefined) return;
  const { namespace, name } = plan;
  const whole = verb === 'apply' ? { manifest: clusterManifest(plan) } : given;
  world.users.order({ kind, namespace, name }, verb, whole, againMs);
}

function answer(world: World, of: number, what: 'override' | 'forceOther'): void {
  const scene = world.scenes[of];
  if (scene === undefined) return;
  if (what === 'override')
    world.users.order(scene.key, 'override', { token: scene.overrideToken() });
  else world.users.order(scene.key, 'promote', { endpoint: scene.other(), how: 'forced' });
}

type HostStep = Extract<Step, { host: number }>;

function toHost(world: World, host: SimHost, step: HostStep): void {
  const { clock, weather, trace } = world;
  const { life } = host;
  const again = (ms: number): void => {
    clock.after(ms, () => {
      if (!host.isUp) host.boot();
    });
  };
  switch (step.do) {
    case 'skew':
      trace.fault('skew', host.name, String(step.ms));
      host.skewMs = step.ms;
      return;
    case 'cut':
      weather.cut({ host: host.name, from: step.from, untilMs: clock.monotonicMs() + step.forMs });
      return;
    case 'crash':
      if (step.upon === undefined) life?.dieAfter(step.after);
      else life?.dieUpon(step.upon, step.after);
      host.downMs = step.downMs;
      return;
    case 'freeze':
      trace.fault('freeze', host.name, String(step.forMs));
      life?.freeze();
      clock.after(step.forMs, () => {
        life?.thaw();
      });
      return;
    case 'restart':
      trace.fault('restart', host.name, '');
      if (life?.isFrozen === true) return;
      void host.stop().then(() => {
        again(step.downMs);
      });
  }
}

/** Agents, and machines of a cluster that is being made: of a living one they would cost etcd more than any order may. */
function hurt(world: World, story: Story, step: Extract<Step, { do: 'hurt' }>): void {
  const plan = story.cast.clusters[step.of];
  const context = world.ground
    .clusters()
    .find(({ name, namespace }) => name === plan?.name && namespace === plan.namespace);
  if (context === undefined) return;
  const isYoung = context.access === null;
  const able = world.park
    .ofUid(context.uid)
    .filter((each) => isLive(each) && (isYoung ? !each.isMember : each.slot.startsWith('a')));
  const machine = able[step.pick % Math.max(1, able.length)];
  if (machine === undefined) return;
  if (step.how === 'terminate') {
    world.trace.fault('cloud.terminatedByOthers', 'cloud', machine.instanceId);
    world.park.terminate(machine, 'Server.InternalError');
  } else if (!isYoung && machine.isAgentOnline) {
    world.trace.fault('cloud.stoppedByOthers', 'cloud', machine.instanceId);
    world.park.stop(machine, 'Client.UserInitiatedShutdown');
  }
}
