/** Lines for the CLI: a shell takes them apart, and the CLI reads every one of them. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { parseCall } from '../../../../src/cli/program.ts';
import { replicationArguments } from '../../../../src/cli/replication-arguments.ts';
import { completed, verbFirst } from '../../../../src/cli/words.ts';
import type { CommandInfo } from '../../../../src/inspector/api.ts';
import { commandInfos } from '../../../../src/inspector/commands.ts';
import { cliLine } from '../../../../src/inspector/page/commands/lines.ts';
import type { CommandTarget } from '../../../../src/inspector/page/commands/open.ts';
import { resolved } from '../../../../src/inspector/page/commands/schema.ts';
import type { Schema, Values } from '../../../../src/inspector/page/commands/schema.ts';
import { exampleOf } from '../../../../src/inspector/page/views/commands/examples.ts';

/** What a POSIX shell hands over, and what it writes to the standard input of `-f -`. */
function pasted(line: string): { readonly argv: readonly string[]; readonly input: string } {
  const fairlead = `fairlead() { printf '%s\\0' "$@"; case " $* " in *" -f - "*) cat;; esac; }`;
  const ran = spawnSync('sh', ['-c', `${fairlead}\n${line}`], { encoding: 'utf8', input: '' });
  expect([ran.status, ran.stderr]).toEqual([0, '']);
  const parts = ran.stdout.split('\0');
  return { argv: parts.slice(0, -1), input: parts.at(-1) ?? '' };
}

const callOf = (line: string) => {
  const call = parseCall(completed(verbFirst(pasted(line).argv)), () => undefined);
  if (call === undefined) throw new Error(`${line} only printed help`);
  return call;
};

/** A value with what a shell would stumble over. */
function valueOf(name: string, schema: Schema): unknown {
  if (schema.enum !== undefined) return schema.enum.at(-1);
  if (name === 'key') return 'main/eu-west-1/ec2:read';
  if (name === 'every') return '5m';
  if (name === 'forMs') return 1_800_000;
  if (schema.type === 'boolean') return true;
  if (schema.type === 'integer' || schema.type === 'number')
    return Math.max(schema.minimum ?? 0, 3);
  if (schema.type === 'array') return ['web-1', 'web-2'];
  if (schema.type === 'object') return filled(schema);
  return `it's "$HOME" \`x\` ; ü`;
}
const filled = (schema: Schema): Values =>
  Object.fromEntries(
    Object.entries(schema.properties ?? {}).map(([name, field]) => [
      name,
      valueOf(name, resolved(field, schema)),
    ]),
  );

const registry = commandInfos().map((info) => [`${info.kind} ${info.verb}`, info] as const);
const targetOf = ({ kind, verb }: CommandInfo): CommandTarget => {
  if (kind === 'guard') return { kind, namespace: 'system', name: 'fleet', verb };
  return { kind, namespace: 'prod', name: 'one', verb };
};

it.each(registry)('of %s are read by the CLI, without values and with all', (_name, info) => {
  const target = targetOf(info);
  const { kind, verb, creating, schema } = info;
  const all = creating ? exampleOf(info, target.namespace, target.name) : filled(schema);
  for (const values of [{}, all]) {
    const { line, operands, flags } = callOf(cliLine(target, values));
    const isUndone = verb === 'undrain';
    expect([line.name, flags.undo ?? false]).toEqual([isUndone ? 'drain' : verb, isUndone]);
    if (creating) continue;
    if (line.name === 'drain') expect(operands).toEqual([values['host'] ?? '<host>']);
    else if (kind === 'guard') expect(operands).toEqual(['breaker', values['key'] ?? '<key>']);
    else expect([operands.at(-1), flags.namespace]).toEqual([target.name, target.namespace]);
    expect(flags.reason).toBe(values['reason']);
  }
});

it.each(registry.filter(([, { creating }]) => creating))(
  'of %s hand the manifest over by standard input',
  (_name, info) => {
    const values = exampleOf(info, 'prod', `it's`);
    const { input } = pasted(cliLine(targetOf(info), values));
    expect(JSON.parse(input)).toEqual(values['manifest']);
  },
);

it.each(registry.filter(([, { kind, creating }]) => kind === 'replication' && !creating))(
  'of %s mean the same arguments',
  (_name, info) => {
    // Membership of a group is written by groups alone, and has no flag.
    const { group: _group, ...values } = filled(info.schema);
    const given = info.verb === 'barrier' ? { ...values, group: 'shop' } : values;
    const { flags } = callOf(cliLine(targetOf(info), given));
    expect(replicationArguments(info.verb, flags)).toEqual(given);
  },
);

it('names nodes as the CLI takes them', () => {
  const target = { kind: 'cluster', namespace: 'default', name: 'web', verb: 'restart' };
  expect(callOf(cliLine(target, { nodes: ['a', 'b'] })).flags.nodes).toEqual(['a', 'b']);
});
