/** zombie: a host sleeps past its leases and wakes: of what it had it writes nothing, and orders nothing of the cloud. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsMsg } from '@nats-io/jetstream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Committed } from './run/checkers/records.ts';
import { until } from './run/fleet.ts';
import { follow } from './run/history.ts';
import { applyOrder } from './run/orders.ts';
import { twoHosts, verbs } from './two-hosts.ts';
import type { Pair } from './two-hosts.ts';

/** Wall times, of NATS and of this process: one machine. */
const commits: (Committed & { readonly atMs: number })[] = [];
const names = Array.from({ length: 8 }, (_, index) => `c${index + 1}`);
/** Changes nothing, so that it may go out for an actor of another host. */
const isLook = ({ name }: { readonly name: string }): boolean => /^(Describe|Get|List)/.test(name);

let pair: Pair;

beforeAll(async () => {
  pair = await twoHosts(32, (commit, atMs) => commits.push({ ...commit, atMs }));
});
afterAll(() => pair.close());

it('does nothing for actors that another host took while it slept', async () => {
  const { world, ledger, owner, load, judge } = pair;
  const zombie = owner();
  const calls: { readonly name: string; readonly atMs: number }[] = [];
  zombie.cloud.overhear = (bytes) => {
    const names = bytes.toString('latin1').matchAll(/Action=(\w+)|AmazonSSM\.(\w+)/g);
    for (const [, ec2, ssm] of names) calls.push({ name: ec2 ?? ssm ?? '', atMs: Date.now() });
  };
  // No retries: while the service is degraded these are held back by a dead letter, which no fence guards as it does a record.
  const endLoad = load(verbs.filter((verb) => verb !== 'retry'));
  // Clusters with machines, of which each host has some. It has to be in the middle of ordering things of the cloud when it
  // falls asleep: otherwise it would prove nothing to order none afterwards.
  for (const name of names) void ledger.sender.send(applyOrder(name, 0));
  const hasOrdered = () => Promise.resolve(calls.some((call) => !isLook(call)));
  expect(await until(hasOrdered, 20_000), calls.map(({ name }) => name).join()).toBe(true);
  const { pid } = zombie.child;
  if (pid === undefined) throw new Error('it does not run');
  process.kill(pid, 'SIGSTOP');
  await sleep(world.leaseTtlMs * 1.6);
  const before = new Map(
    commits.filter(({ host }) => host === zombie.id()).map(({ actor, fence }) => [actor, fence]),
  );
  const wokenMs = Date.now();
  process.kill(pid, 'SIGCONT');
  // Calls are its right again once it has leases of its own.
  let againMs = Infinity;
  const noteLease = (message: JsMsg): void => {
    const atMs = message.info.timestampNanos / 1_000_000;
    const isLease = /\.p\d+$/.test(message.subject) && message.data.length > 0;
    if (!isLease || atMs < wokenMs) return;
    const { holder } = message.json<{ readonly holder: string }>();
    if (holder === zombie.id()) againMs = Math.min(againMs, atMs);
  };
  const odd = (text: string): void => ledger.complaints.note('unreadable', text);
  const leases = follow(ledger.observer, 'KV_FAIRLEAD_LEASE', noteLease, odd);
  const isBack = () =>
    commits.some(({ host, atMs }) => host === zombie.id() && atMs > Math.max(wokenMs, againMs));
  await until(() => Promise.resolve(isBack()), 20_000);
  await endLoad();
  const tally = await judge();
  leases.stop();
  expect(ledger.complaints.examples).toEqual([]);
  expect(tally.decided + tally.deadLettered).toBe(tally.accepted);
  const late = commits.filter(
    ({ host, actor, fence, atMs }) =>
      host === zombie.id() && atMs >= wokenMs && fence <= (before.get(actor) ?? -1),
  );
  expect(late).toEqual([]);
  // A look that was past its last question to the lease when the host fell asleep goes out as it wakes; it changes nothing.
  const orphaned = calls.filter(
    (call) => !isLook(call) && call.atMs >= wokenMs && call.atMs < againMs,
  );
  expect(orphaned).toEqual([]);
  expect({ isBack: isBack() }).toEqual({ isBack: true });
});
