import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { registryKinds, resourceKinds } from '../../../src/cli/kinds.ts';
import { commands } from '../../../src/cli/commands.ts';
import { fairlead } from './running.ts';

const folder = mkdtempSync(join(tmpdir(), 'fairlead-completion-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function script(shell: string): Promise<string> {
  const { stdout } = await fairlead(`completion ${shell}`);
  const file = join(folder, `fairlead.${shell}`);
  writeFileSync(file, stdout);
  return file;
}

/** What bash offers for the last word; `fairlead` itself is a stub that prints two names. */
async function offered(...words: string[]): Promise<string[]> {
  const stub = 'fairlead() { printf "cluster/default/web\\ncluster/default/dev\\n"; }';
  const asked = `${stub}; source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fairlead fairlead "\${@: -1}" "\${@: -2:1}"; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const file = await script('bash');
  const { stdout, stderr } = spawnSync('bash', ['-c', asked, file, 'fairlead', ...words], {
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((word) => word !== '');
}

describe('bash completion', () => {
  it('is valid bash', async () => {
    const checked = spawnSync('bash', ['-n', await script('bash')], { encoding: 'utf8' });
    expect([checked.status, checked.stderr]).toEqual([0, '']);
  });

  it('offers verbs, kinds, names, flags and formats where they belong', async () => {
    expect(await offered('de')).toEqual(['describe', 'delete', 'demote']);
    expect(await offered('get', '')).toEqual([...resourceKinds, ...registryKinds]);
    expect(await offered('breaker', 'r')).toEqual(['reset', 'release']);
    expect(await offered('get', 'cluster', '')).toEqual(['web', 'dev']);
    expect(await offered('cluster', 'delete', 'd')).toEqual(['dev']);
    expect(await offered('apply', '--dr')).toEqual(['--dry-run']);
    expect(await offered('get', 'clusters', '-o', 'j')).toEqual(['json', 'jsonl']);
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
  });
});

describe('zsh completion', () => {
  it('is the bash one behind bashcompinit', async () => {
    const checked = spawnSync('bash', ['-n', await script('zsh')], { encoding: 'utf8' });
    expect(checked.status).toBe(0);
    const { stdout } = await fairlead('completion zsh');
    expect(stdout.startsWith('#compdef fairlead\n')).toBe(true);
  });
});

describe('fish completion', () => {
  it('has balanced quotes and a line for every command', async () => {
    const { stdout } = await fairlead('completion fish');
    for (const line of stdout.trim().split('\n').slice(1)) {
      expect(line).toMatch(/^complete -c fairlead /);
      expect(line.replace(/\\'/g, '').split("'").length % 2).toBe(1);
    }
    for (const { name } of commands) expect(stdout).toContain(` -a ${name} -d `);
  });
});
