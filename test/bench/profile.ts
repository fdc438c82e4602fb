/** `--cpu-prof` and `--heap-prof`: the bench runs again in a process that Node profiles; its children inherit the flags. */
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

const flags = ['cpu-prof', 'heap-prof'] as const;

/** The exit code of the profiled run; undefined when no profile is asked for, or this is that run. */
export async function profiled(argv: readonly string[]): Promise<number | undefined> {
  const wanted = flags.filter((flag) => argv.includes(`--${flag}`));
  if (wanted.length === 0) return undefined;
  const folder = path.resolve('.fairlead', 'profiles');
  await mkdir(folder, { recursive: true });
  const node = wanted.flatMap((flag) => [`--${flag}`, `--${flag}-dir=${folder}`]);
  const groups = argv.filter((each) => !flags.some((flag) => each === `--${flag}`));
  const [, script = ''] = process.argv;
  const child = spawn(process.execPath, [...node, script, ...groups], { stdio: 'inherit' });
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject).once('close', (ended) => {
      resolve(ended ?? 1);
    });
  });
  process.stderr.write(`bench: profiles are in ${folder}\n`);
  return code;
}
