/** The version of this program, from its package file. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

export function packageVersion(): string {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

/** Commit of the checkout this runs from; `unknown` where there is none, as in a package. */
export function gitSha(): string {
  const git = join(packageRoot(), '.git');
  const read = (...path: string[]): string => {
    const file = join(git, ...path);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
  };
  const head = read('HEAD');
  const ref = /^ref: (.+)$/.exec(head)?.[1];
  const packed = (): string | undefined =>
    read('packed-refs')
      .split('\n')
      .find((line) => line.endsWith(` ${ref ?? ''}`))
      ?.split(' ')[0];
  const sha = ref === undefined ? head : read(ref) || (packed() ?? '');
  return /^[0-9a-f]{40}$/.test(sha) ? sha : 'unknown';
}
