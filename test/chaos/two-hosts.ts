/** Two host processes that share a fleet of cheap actors under a steady load of commands. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sidePath } from '../../src/stack/side-path.ts';
import { judgeCommands } from './run/checkers/commands.ts';
import type { CommandTally } from './run/checkers/commands.ts';
import type { Committed } from './run/checkers/records.ts';
import { clustersOf, until } from './run/fleet.ts';
import { openLedger } from './run/ledger.ts';
import type { Ledger } from './run/ledger.ts';
import { clusterKey, idleOrder, idleQuota } from './run/orders.ts';
import { openWorld } from './run/world.ts';
import type { HostProcess, World } from './run/world.ts';

const names = Array.from({ length: 24 }, (_, index) => `idle${index + 1}`);
/** Decided in the record and nothing else: taken, unchanged or refused. */
export const verbs = ['resume', 'pause', 'retry', 'cancel'];
const perSecond = 120;
const SETTLE_MS = 30_000;

export interface Pair {
  readonly world: World;
  readonly ledger: Ledger;
  /** It has actors at this moment. */
  readonly owner: () => HostProcess;
  /** Sends all the time, until the returned function is called; all verbs by default. */
  readonly load: (of?: readonly string[]) => () => Promise<void>;
  /** After the load: waits until every command is decided, and judges. */
  readonly judge: () => Promise<CommandTally>;
  readonly close: () => Promise<void>;
}

/** @param committed  hears of every record, with the server's wall time */
export async function twoHosts(
  seed: number,
  committed?: (commit: Committed, atMs: number) => void,
): Promise<Pair> {
  const say = (): void => undefined;
  const world = await openWorld({ hosts: 2, isCluster: false, seed, say });
  const ledger = await openLedger(world, `two-${seed}`, committed);
  const { sender, records, complaints, deadLetters, client } = ledger;
  await sidePath(world.simulator.ready, 'POST', 'quota', { body: idleQuota });
  await Promise.all(names.map((name) => sender.send(idleOrder(name))));
  const isMade = async () => (await clustersOf(client)).length === names.length;
  if (!(await until(isMade, SETTLE_MS))) throw new Error('the clusters are not there');
  const actorsOf = ({ id }: HostProcess) => ledger.recovery.actorsOf([id()]);
  return {
    ...{ world, ledger },
    owner: () => {
      const host = world.hosts.find((each) => actorsOf(each).length > 0);
      if (host === undefined) throw new Error('no host has written a record');
      return host;
    },
    load: (of = verbs) => {
      const ending = new AbortController();
      const running = (async () => {
        for (let count = 0; !ending.signal.aborted; count += 1) {
          const name = names[count % names.length] ?? '';
          const verb = of[Math.floor(count / names.length) % of.length] ?? '';
          void sender.send({ ...clusterKey(name), verb, payload: {} });
          await sleep(1_000 / perSecond);
        }
      })();
      return async () => {
        ending.abort();
        await running;
      };
    },
    judge: async () => {
      const isSettled = async () =>
        sender.underWay === 0 && (await ledger.waiting()) === 0 && (await ledger.isCaughtUp());
      await until(isSettled, SETTLE_MS);
      const left = await ledger.waiting();
      const books = { sent: sender.sent, lives: records.lives, deadLetters, left };
      return judgeCommands(books, complaints);
    },
    close: async () => {
      await ledger.close();
      await world.close(false);
    },
  };
}
