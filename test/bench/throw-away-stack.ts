/** A local stack for one measurement: free ports, a temporary folder, gone afterwards whatever happens. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '../../src/stack/stack.ts';
import type { Stack, StackOptions } from '../../src/stack/stack.ts';
import type { Bench } from './bench.ts';
import { unless } from '../../src/stack/unless.ts';

/** Rejects with whatever comes first: what `use` throws, a part that keeps ending, or the user's interrupt. */
export async function withStack<T>(
  bench: Bench,
  options: Omit<StackOptions, 'dataDir' | 'say'>,
  use: (stack: Stack) => Promise<T>,
): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'fairlead-bench-'));
  try {
    const stack = await startStack({ ...options, dataDir, say: bench.say });
    bench.stacks.add(stack);
    try {
      return await unless(use(stack), stack.failed, bench.interrupted);
    } finally {
      await stack.stop();
      bench.stacks.delete(stack);
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
