import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commandSchemas } from '../../../machines/messages.ts';
import { commands, globalFlags, spellingsOf } from '../../../src/cli/commands.ts';
import { exitMeanings } from '../../../src/cli/exit-codes.ts';
import { kindOf } from '../../../src/cli/kinds.ts';
import { packageRoot } from '../../../src/package-root.ts';

const page = readFileSync(join(packageRoot(), 'docs/cli.md'), 'utf8');

describe('docs/cli.md', () => {
  it('has a row for every command, and none besides', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)(?: [^`]*)?` \|/gm)].map((row) => row[1] ?? '');
    expect(rows.sort()).toEqual(commands.map((line) => line.name).sort());
  });

  it('names every flag, and none besides', () => {
    const flags = [...globalFlags, ...commands.flatMap((line) => line.flags)];
    const known = new Set(flags.flatMap(spellingsOf).filter((word) => word.startsWith('--')));
    const named = new Set([...page.matchAll(/--[a-z][a-z0-9-]*/g)].map(([flag]) => flag));
    expect([...known].filter((flag) => !named.has(flag))).toEqual([]);
    // Part of other tools' command lines, or of commander itself.
    const foreign = ['--help', '--server', '--version'];
    expect([...named].filter((flag) => !known.has(flag) && !foreign.includes(flag))).toEqual([]);
  });

  it('has a row for every exit code', () => {
    const rows = [...page.matchAll(/^\| (\d+) \|/gm)].map((row) => Number(row[1]));
    expect(rows.sort((a, b) => a - b)).toEqual(Object.keys(exitMeanings).map(Number));
  });
});

describe('the list of commands', () => {
  it('has a verb for every command of every kind', () => {
    const verbs = commands.map((line) => line.name);
    for (const [kind, schemas] of Object.entries(commandSchemas)) {
      expect(kindOf(kind)).toBe(kind);
      expect(Object.keys(schemas).filter((verb) => !verbs.includes(verb))).toEqual([]);
    }
  });

  it('loads every verb it names', async () => {
    for (const line of commands) expect(typeof (await line.load())).toBe('function');
  });

  it('starts every help text with an example that parses as that command', () => {
    for (const { name, examples } of commands) {
      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples)
        expect(example).toMatch(new RegExp(`fairlead .*\\b${name}\\b`));
    }
  });
});

describe('start-up', () => {
  it('loads nothing heavy before a verb asks for it', () => {
    const reached = staticImports('src/cli.ts');
    const heavy = reached.filter((file) => /^(zod|yaml|xstate|pino|@nats-io|@aws-sdk)/.test(file));
    expect(heavy).toEqual([]);
    expect(reached).toContain('commander');
  });

  it.each(['version', 'completion', 'help'])('loads nothing heavy for %s either', (verb) => {
    const reached = staticImports(`src/cli/verbs/${verb}.ts`);
    expect(reached.filter((file) => /^(zod|yaml|xstate|@nats-io)/.test(file))).toEqual([]);
  });
});

/** Everything a file imports before it runs, packages by name; type imports vanish and dynamic ones wait. */
function staticImports(entry: string, seen = new Set<string>()): string[] {
  if (seen.has(entry)) return [];
  seen.add(entry);
  const text = readFileSync(join(packageRoot(), entry), 'utf8');
  const froms = [...text.matchAll(/^(?:import|export)\s(?!type\b)[^;]*?from '([^']+)';/gms)];
  return froms.flatMap(([, target = '']) =>
    target.startsWith('.')
      ? staticImports(normalize(join(dirname(entry), target)), seen)
      : target.startsWith('node:')
        ? []
        : [target],
  );
}
