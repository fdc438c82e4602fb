/**
 * One step of a replication's life with a death of the host at one boundary: before or after a write of the record, or
 * before or after a call that changes something in EC2. The world it ends in has to be the one of a life without deaths.
 */
import type { ReplicationContext } from '../../../../machines/replication-context.ts';
import { sides } from '../../../../machines/replication-table.ts';
import type { Scenario } from './scenarios.ts';
import { regions } from './declared.ts';
import { ReplicationWorld } from './world.ts';

export interface Crash {
  readonly scenario: Scenario;
  /** Which boundary of the step, from 0. */
  readonly at: number;
  /** The process after it ends too, at its first boundary. */
  readonly twice: boolean;
}

export interface Outcome {
  /** Name of the boundary; undefined when the step ended before it. */
  readonly boundary: string | undefined;
  readonly problems: readonly string[];
}

/** How the step ends, and how many boundaries it has, when nobody dies. */
export interface Uncrashed {
  readonly boundaries: number;
  readonly end: string;
  readonly problems: readonly string[];
}

export async function uncrashed(scenario: Scenario): Promise<Uncrashed> {
  const world = await prepared(scenario);
  const before = world.fate.reached.length;
  await scenario.act(world);
  const boundaries = world.fate.reached.length - before;
  return { boundaries, end: await endOf(world), problems: world.judge.problems };
}

export async function crashed({ scenario, at, twice }: Crash, end: string): Promise<Outcome> {
  const world = await prepared(scenario);
  const before = world.fate.reached.length;
  const { fate } = world;
  world.dieAt(at, ...(twice ? [0] : []));
  try {
    await scenario.act(world);
  } catch (thrown) {
    world.judge.problems.push(thrown instanceof Error ? thrown.message : String(thrown));
  }
  const boundary = fate.isAlive() ? undefined : fate.reached[before + at];
  const found = await endOf(world);
  const problems = [...world.judge.problems];
  if (found !== end) problems.push(`ends otherwise: ${found}, not ${end}`);
  return { boundary, problems };
}

async function prepared(scenario: Scenario): Promise<ReplicationWorld> {
  const world = await ReplicationWorld.open();
  await world.boot();
  await scenario.prepare(world);
  return world;
}

/** What has to be the same, whoever died when: roles, the writer and what can be written to, what is kept and what is left. */
async function endOf(world: ReplicationWorld): Promise<string> {
  await world.pass(120_000);
  const memory = world.memory();
  if (memory === undefined) return 'nothing is stored';
  const truth = world.cloud.truth();
  world.judge.end({ memory, truth, nowMs: world.clock.nowMs() });
  const volumes = sides.map((side) => {
    const here = truth.volumes.filter(
      ({ region, state }) =>
        region === regions[side] && state !== 'deleted' && state !== 'deleting',
    );
    const writable = here.filter(({ isWritable }) => isWritable);
    const fenced = here.filter(({ tags }) => tags['repl:fenced'] === 'true');
    const tests = here.filter(({ tags }) => tags['repl:role'] === 'test');
    return `${side} ${here.length} volumes, ${writable.length} writable, ${fenced.length} fenced, ${tests.length} tests`;
  });
  return [...rolesOf(memory), ...volumes].join('; ');
}

function rolesOf({
  lifecycle,
  home,
  away,
  writer,
  epoch,
  riskAccepted,
  loss,
}: ReplicationContext): string[] {
  return [
    lifecycle,
    ...(lifecycle === 'active' ? [`home ${home.phase}`, `away ${away.phase}`] : []),
    `writer ${writer} of epoch ${epoch}`,
    riskAccepted === null ? 'no risk' : 'risk accepted',
    // Seconds depend on when somebody died; that nothing was lost does not.
    loss === null || loss.seconds === 0 ? 'no loss' : 'loss reported',
  ];
}
