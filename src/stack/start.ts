/** `npm start`: the local stack with the example fleet, until Ctrl-C; a later start resumes the same fleet. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../package-root.ts';
import { fleetCli } from './fleet-cli.ts';
import type { FleetCli } from './fleet-cli.ts';
import { howToTalk } from './how-to-talk.ts';
import { watchInterrupts } from './interrupt.ts';
import { StackError } from './stack-error.ts';
import { startStack } from './stack.ts';
import type { Stack } from './stack.ts';
import { unless } from './unless.ts';

const USAGE = `Usage: npm start [-- options]

Starts nats-server, the EC2/SSM simulator and Fairlead on loopback, keeps everything in .fairlead/, applies
examples/fleet.yaml the first time, and serves until Ctrl-C. A later start resumes the same fleet.

  --fresh      forget the fleet of earlier starts and begin anew
  --hosts <n>  hosts that share the actors, 1 to 5 (default 1)
  --scale <n>  how much faster than real time the simulated cloud runs, 1 to 1000 (default 20)
  --help       this text
`;

const INSPECTOR_PORT = 8_080;
/** More would only wait for the processors of one machine. */
const HOSTS_MAX = 5;

const exits = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;

interface Options {
  readonly isFresh: boolean;
  readonly scale: number;
  readonly hosts: number;
}

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (typeof options === 'number') return options;
  let stack: Stack | undefined;
  const interrupt = watchInterrupts(() => {
    const killed = stack?.killAll() ?? Promise.resolve();
    void killed.finally(() => process.exit(exits.interrupted));
  });
  try {
    say(
      `starting nats-server, simulator and ${options.hosts === 1 ? 'host' : `${options.hosts} hosts`} …`,
    );
    stack = await startStack({
      dataDir: join(packageRoot(), '.fairlead'),
      inspectorPortPreferred: INSPECTOR_PORT,
      ...{ ...options, say },
    });
    say(describe(stack));
    if (!interrupt.signal.aborted) {
      await unless(serve(stack, interrupt.signal), stack.failed);
    }
    return exits.ok;
  } catch (error) {
    process.stderr.write(`fairlead: ${messageOf(error)}\n`);
    return exits.failed;
  } finally {
    await stack?.stop();
    if (stack !== undefined) say('stopped; npm start resumes this fleet');
  }
}

async function serve(stack: Stack, signal: AbortSignal): Promise<void> {
  const cli = fleetCli(stack, signal);
  const isFirst = !stack.data.isExampleApplied();
  const isRunning = await (isFirst ? applyExample(stack, cli) : resume(cli)).finally(cli.close);
  if (signal.aborted) return;
  if (!isRunning) say('not everything runs; it is kept for you to look at');
  process.stdout.write(howToTalk(stack));
  await new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', resolve, { once: true });
  });
}

async function applyExample(stack: Stack, cli: FleetCli): Promise<boolean> {
  const fleet = join(packageRoot(), 'examples', 'fleet.yaml');
  say('first start: fairlead apply -f examples/fleet.yaml --wait');
  // Marked once accepted, not once running: what the user deletes from then on stays deleted.
  if ((await cli.fairlead(['apply', '-f', fleet])) !== exits.ok) return false;
  stack.data.markExampleApplied();
  return waitForAll(cli);
}

async function resume(cli: FleetCli): Promise<boolean> {
  say('the fleet of the last start goes on; --fresh begins anew');
  return waitForAll(cli);
}

async function waitForAll(cli: FleetCli): Promise<boolean> {
  const clusters = await cli.clusters();
  const names = clusters.map(({ metadata: { namespace, name } }) => `cluster/${namespace}/${name}`);
  if (names.length === 0) return true;
  return (await cli.fairlead(['wait', ...names, '--for', 'running'])) === exits.ok;
}

function describe(stack: Stack): string {
  const { url, version } = stack.nats.ready;
  const { endpoint, scale } = stack.simulator.ready;
  const hosts = stack.hosts.map(
    ({ ready: { hostId, httpPort } }) => `host ${hostId} http://127.0.0.1:${httpPort}`,
  );
  return [
    `nats-server ${version} ${url}`,
    `simulator ${endpoint} (${scale}× real time)`,
    ...hosts,
    `logs ${join(stack.dataDir, 'logs')}`,
  ].join(' · ');
}

function optionsOf(argv: readonly string[]): Options | number {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        fresh: { type: 'boolean', default: false },
        hosts: { type: 'string', default: '1' },
        scale: { type: 'string', default: '20' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      return exits.ok;
    }
    return {
      isFresh: values.fresh,
      scale: scaleOf(values.scale),
      hosts: hostsOf(values.hosts),
    };
  } catch (error) {
    process.stderr.write(`fairlead: ${(error as Error).message}\n\n${USAGE}`);
    return exits.usage;
  }
}

function scaleOf(text: string): number {
  const scale = Number(text);
  if (text.trim() === '' || !(scale >= 1 && scale <= 1_000)) {
    throw new StackError('stack.usage', `--scale is ${text}; write a number from 1 to 1000`);
  }
  return scale;
}

function hostsOf(text: string): number {
  const hosts = Number(text);
  if (!Number.isInteger(hosts) || hosts < 1 || hosts > HOSTS_MAX) {
    throw new StackError(
      'stack.usage',
      `--hosts is ${text}; write a number from 1 to ${HOSTS_MAX}`,
    );
  }
  return hosts;
}

function say(text: string): void {
  process.stdout.write(`fairlead: ${text}\n`);
}

/** A bug shows where it is; everything else says what to do. */
function messageOf(error: unknown): string {
  if (error instanceof StackError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

process.exitCode = await main();
