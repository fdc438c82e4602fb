/** What breaks: each fault strikes, lasts and heals by itself, and says whom it struck. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { StreamInfo } from '@nats-io/jetstream';
import { sidePath } from '../../../src/stack/side-path.ts';
import type { Dice } from './dice.ts';
import { burst, poison, touchOrder } from './orders.ts';
import type { Link } from './link.ts';
import type { Recovery } from './recovery.ts';
import type { Sender } from './sender.ts';
import type { HostProcess, World } from './world.ts';

export interface Stage {
  readonly world: World;
  readonly dice: Dice;
  readonly sender: Sender;
  readonly recovery: Recovery;
  /** Clusters that anything may happen to. */
  readonly clusters: readonly string[];
  readonly streamInfo: (stream: string) => Promise<StreamInfo>;
}

export interface Fault {
  readonly name: string;
  /** Needs more than one server. */
  readonly ofCluster?: true;
  /** Resolves with `nobody` where there was none to strike. */
  readonly run: (stage: Stage) => Promise<undefined | 'nobody'>;
}

/** Longer than a lease lives. */
const pastLeaseMs = ({ world }: Stage): number => world.leaseTtlMs * 1.5;

/** Notes whom the fault strikes, strikes, and asks them at once. */
async function struck(
  stage: Stage,
  name: string,
  hosts: readonly HostProcess[],
  strike: () => Promise<unknown>,
): Promise<void> {
  const actors = stage.dice.shuffled(stage.recovery.actorsOf(hosts.map(({ id }) => id())).sort());
  const sinceMs = performance.now();
  await strike();
  stage.recovery.ask(name, actors, sinceMs);
}

/** Resolves at once: nothing answers to it. */
const signal = (pid: number | undefined, name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
  if (pid !== undefined) process.kill(pid, name);
  return Promise.resolve();
};

const each = (links: readonly Link[], act: (link: Link) => void): Promise<void> => {
  links.forEach(act);
  return Promise.resolve();
};

/** Mostly one that has something to lose. */
function victim({ world, dice, recovery }: Stage): HostProcess {
  const owners = world.hosts.filter(({ id }) => recovery.actorsOf([id()]).length > 0);
  return dice.pick(owners.length > 0 && dice.between(1, 4) > 1 ? owners : world.hosts);
}

const kill: Fault = {
  name: 'kill',
  run: async (stage) => {
    const host = victim(stage);
    const awayMs = stage.dice.pick([0, 1_000, pastLeaseMs(stage)]);
    await struck(stage, 'kill', [host], () => host.child.kill('SIGKILL'));
    await sleep(awayMs);
    await host.child.start();
  },
};

const freeze: Fault = {
  name: 'freeze',
  run: async (stage) => {
    const host = victim(stage);
    const { pid } = host.child;
    await struck(stage, 'freeze', [host], () => signal(pid, 'SIGSTOP'));
    await sleep(pastLeaseMs(stage));
    await signal(pid, 'SIGCONT');
  },
};

const roll: Fault = {
  name: 'roll',
  run: async (stage) => {
    for (const host of stage.world.hosts) {
      let stopped: Promise<void> = Promise.resolve();
      await struck(stage, 'roll', [host], () => {
        stopped = host.child.stop();
        return Promise.resolve();
      });
      await stopped;
      // Whoever has its actors now takes this at once.
      await struck(stage, 'roll', [host], () => Promise.resolve());
      await host.child.start();
    }
  },
};

const partition: Fault = {
  name: 'partition',
  run: async (stage) => {
    const host = victim(stage);
    await struck(stage, 'partition', [host], () =>
      each(host.links, (link) => {
        link.silence();
      }),
    );
    await sleep(pastLeaseMs(stage));
    for (const link of host.links) link.heal();
  },
};

const cut: Fault = {
  name: 'cut',
  run: async (stage) => {
    const host = victim(stage);
    await struck(stage, 'cut', [host], () =>
      each(host.links, (link) => {
        link.cut();
      }),
    );
    await sleep(stage.dice.between(500, 2_500));
    for (const link of host.links) link.heal();
  },
};

/** Stands for a slow disk of the server as well: a host cannot tell the two apart. */
const slow: Fault = {
  name: 'slow',
  run: async (stage) => {
    const host = victim(stage);
    const delayMs = stage.dice.pick([25, 100, 250]);
    await struck(stage, 'slow', [host], () =>
      each(host.links, (link) => {
        link.slow(delayMs);
      }),
    );
    await sleep(stage.dice.between(4_000, 8_000));
    for (const link of host.links) link.heal();
  },
};

const serverKill: Fault = {
  name: 'serverKill',
  run: async (stage) => {
    const { world, dice } = stage;
    const server = dice.pick(world.servers);
    const awayMs = dice.pick([0, 500, 2_000]);
    await struck(stage, 'serverKill', world.hosts, () => server.kill('SIGKILL'));
    await sleep(awayMs);
    await server.start();
  },
};

const serverFreeze: Fault = {
  name: 'serverFreeze',
  run: async (stage) => {
    const { world, dice } = stage;
    const { pid } = dice.pick(world.servers);
    await struck(stage, 'serverFreeze', world.hosts, () => signal(pid, 'SIGSTOP'));
    await sleep(dice.pick([2_000, pastLeaseMs(stage)]));
    await signal(pid, 'SIGCONT');
  },
};

const leaderKill: Fault = {
  name: 'leaderKill',
  ofCluster: true,
  run: async (stage) => {
    const { world } = stage;
    const stream = stage.dice.pick(['KV_FAIRLEAD_STATE', 'KV_FAIRLEAD_LEASE', 'FAIRLEAD_CMD']);
    const { cluster } = await stage.streamInfo(stream);
    const leader = world.servers.find(({ name }) => name === cluster?.leader);
    if (leader === undefined) return 'nobody'; // An election is under way already.
    await struck(stage, 'leaderKill', world.hosts, () => leader.kill('SIGKILL'));
    await sleep(stage.dice.between(2_000, 6_000));
    await leader.start();
    return undefined;
  },
};

const crowd: Fault = {
  name: 'fullMailbox',
  run: async ({ dice, sender, clusters }) => {
    const orders = dice.shuffled(burst(dice.pick(clusters)));
    await Promise.all(orders.map((order) => sender.sendNow(order)));
  },
};

const garbage: Fault = {
  name: 'poison',
  run: async ({ dice, sender, clusters }) => {
    const name = dice.pick(clusters);
    const lines = poison(name, dice).map((order) => sender.send(order));
    // Right behind them comes one that is to be taken.
    await Promise.all([...lines, sender.send(touchOrder(name))]);
  },
};

/** Trouble of the cloud, by the simulator's rules. Struck is nobody: hosts keep what they have. */
const cloud = (name: string, rules: readonly object[]): Fault => ({
  name,
  run: async ({ world, dice }) => {
    const { ready } = world.simulator;
    for (const rule of rules) await sidePath(ready, 'POST', 'faults', { body: rule });
    await sleep(dice.between(4_000, 8_000));
    await sidePath(ready, 'DELETE', 'faults');
  },
});

const often = { op: '*', probability: 0.3 } as const;
const throttled = (service: string, code: string) => ({
  ...{ ...often, service },
  act: { kind: 'error', code, status: service === 'ec2' ? 503 : 400 },
});

/** A host that keeps its actors and can do nothing for them. */
const cloudless: Fault = {
  name: 'cloudless',
  run: async ({ world, dice }) => {
    const { cloud: line } = dice.pick(world.hosts);
    if (dice.between(1, 2) === 1) line.cut();
    else line.silence();
    await sleep(dice.between(2_000, 6_000));
    line.heal();
  },
};

export const faults: readonly Fault[] = [
  ...[kill, freeze, roll, partition, cut, slow, cloudless],
  ...[serverKill, serverFreeze, leaderKill, crowd, garbage],
  cloud('throttle', [
    throttled('ec2', 'RequestLimitExceeded'),
    throttled('ssm', 'ThrottlingException'),
  ]),
  cloud('lostReplies', [{ ...often, act: { kind: 'hangupAfter' } }]),
  cloud('lateCalls', [{ ...often, act: { kind: 'late', ms: 30_000, reply: '503' } }]),
];

/** Whatever a fault that was interrupted has left behind. */
export async function heal(world: World): Promise<void> {
  for (const { child, links, cloud: line } of world.hosts) {
    for (const link of [...links, line]) link.heal();
    await signal(child.pid, 'SIGCONT');
  }
  for (const { pid } of world.servers) await signal(pid, 'SIGCONT');
  await sidePath(world.simulator.ready, 'DELETE', 'faults');
  await Promise.all(world.servers.map((server) => server.start()));
  await Promise.all(world.hosts.map(({ child }) => child.start()));
}
