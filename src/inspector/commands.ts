/** Every command there is, for forms, docs and checks: what it does, what it takes, who may send it. */
import { z } from 'zod';
import { commandSchemas, systemCommandSchemas } from '../../machines/messages.ts';
import { commandNamed } from '../cli/commands.ts';
import type { CommandInfo, Role } from './api.ts';

/** What they do cannot be taken back, or stops what serves: the name is typed once more. */
const destructive: Readonly<Record<string, readonly string[]>> = {
  cluster: ['delete', 'stop', 'restart'],
  replication: ['delete', 'promote', 'failover', 'failback', 'relocate', 'resync', 'override'],
  replicationgroup: ['delete', 'failover', 'failback', 'relocate'],
  guard: ['isolate', 'drain'],
};
/** Orders that take away a safety, and those that only machines give. */
const forAdmins: Readonly<Record<string, readonly string[]>> = {
  replication: ['override', 'barrier'],
  guard: ['isolate', 'set', 'drain'],
};
/** Verbs that may make the resource. */
const creating: Readonly<Record<string, readonly string[]>> = {
  cluster: ['create', 'apply'],
  replication: ['create', 'apply'],
  replicationgroup: ['create', 'apply'],
};

/** Where the line of the command line says it of another kind. */
const otherwise: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  cluster: { create: 'make it as the manifest says; refused when the name is taken' },
  replication: {
    create: 'make it as the manifest says; refused when the name is taken',
    delete: 'end the replication; its volumes stay',
  },
  replicationgroup: {
    create: 'make it as the manifest says; refused when the name is taken',
    delete: 'end the group; its members stay',
    failover: 'promote away of every member, or of none',
    failback: 'resync homes where they have to be, then promote them by plan',
    relocate: 'promote by plan the side that does not write, of every member',
    pause: 'pause every member',
    resume: 'resume every member',
  },
  guard: { undrain: 'take the order back: the host takes its share again' },
};

const has = (lists: Readonly<Record<string, readonly string[]>>, kind: string, verb: string) =>
  lists[kind]?.includes(verb) === true;

function infoOf(kind: string, verb: string, schema: z.ZodType): CommandInfo {
  const help = otherwise[kind]?.[verb] ?? commandNamed(verb)?.help ?? '';
  const role: Role = has(forAdmins, kind, verb) ? 'admin' : 'operator';
  return {
    ...{ kind, verb, help, role },
    // As it is sent: defaults are filled in by whoever takes it.
    schema: z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }),
    destructive: has(destructive, kind, verb),
    creating: has(creating, kind, verb),
  };
}

/** In the order of the registry of schemas. */
export const commandInfos = (): readonly CommandInfo[] =>
  Object.entries({ ...commandSchemas, ...systemCommandSchemas }).flatMap(([kind, verbs]) =>
    Object.entries<z.ZodType>(verbs).map(([verb, schema]) => infoOf(kind, verb, schema)),
  );
