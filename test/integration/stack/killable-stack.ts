/** A stack in a process of its own, so that a test can kill it as the kernel would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { packageRoot } from '../../../src/package-root.ts';

export interface KillableStack {
  readonly natsPid: number;
  readonly natsUrl: string;
  readonly simulatorPid: number;
  /** SIGKILL to the supervisor; its children stay behind. */
  readonly kill: () => Promise<void>;
}

export async function killableStack(
  dataDir: string,
  parts: readonly string[],
): Promise<KillableStack> {
  const module = join(packageRoot(), 'dist/src/stack/stack.js');
  const script = `
    import { startStack } from ${JSON.stringify(module)};
    const { nats, simulator } = await startStack(${JSON.stringify({ dataDir, parts })});
    const found = { natsPid: nats.pid, natsUrl: nats.ready.url, simulatorPid: simulator.pid ?? 0 };
    console.log(JSON.stringify(found));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  return {
    ...(JSON.parse(line.toString()) as Omit<KillableStack, 'kill'>),
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
