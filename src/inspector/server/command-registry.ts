/** Every command with its arguments as JSON Schema, for forms and for the check before it is sent. */
import { z } from 'zod';
import { commandSchemas, systemCommandSchemas } from '../../../machines/messages-commands.ts';
import type { CommandInfo } from '../api.ts';

/** What they do cannot be taken back, or stops what serves. */
const destructive: Readonly<Record<string, readonly string[]>> = {
  cluster: ['delete', 'stop', 'restart'],
  replication: ['delete', 'promote', 'failover', 'failback', 'relocate', 'resync', 'override'],
  replicationgroup: ['delete', 'failover', 'failback', 'relocate'],
  guard: ['isolate'],
};

const creating = ['create', 'apply'];
/** Written by groups to their members; a person is not meant to. */
const inner: Readonly<Record<string, readonly string[]>> = { replication: ['barrier'] };
/** They overrule what keeps writers apart, or reach every host. */
const adminOnly: Readonly<Record<string, readonly string[]>> = {
  replication: ['override'],
  guard: ['isolate', 'set'],
};

const help: Readonly<Record<string, string>> = {
  create: 'create it; refused when the name is taken',
  apply: 'create or change what the manifest declares',
  delete: 'remove it',
  pause: 'start nothing new; a call in flight ends',
  resume: 'go on after a pause',
  retry: 'try again what failed or was blocked',
  cancel: 'end what is under way at its next safe step',
  scale: 'change the number of servers or agents',
  stop: 'stop every node; nothing is lost',
  start: 'start a stopped cluster',
  restart: 'restart nodes: agents in rounds, then servers one at a time',
  promote: 'make a side the writer',
  demote: 'make a side a replica',
  resync: 'overwrite a side with what the other has',
  recover: 'bring a failed side back',
  failover: 'make away the writer',
  failback: 'make home the writer again',
  relocate: 'make the side that does not write the writer, by plan',
  override: 'accept a risk by its token',
  sync: 'make a point now',
  'test-start': 'rehearse: a copy of a point beside what runs',
  'test-stop': 'end a rehearsal',
  reconfigure: 'change mode or interval',
  reset: 'close a circuit and forget its trips',
  isolate: 'let no call through until it is released',
  release: 'end an isolation or an observation',
  observe: 'let every call through and only count trips',
  set: 'change the policy of a circuit',
};

export function commandRegistry(): readonly CommandInfo[] {
  const kinds: readonly (readonly [string, Readonly<Record<string, z.ZodType>>])[] = Object.entries(
    { ...commandSchemas, ...systemCommandSchemas },
  );
  return kinds.flatMap(([kind, verbs]) =>
    Object.entries(verbs)
      .filter(([verb]) => inner[kind]?.includes(verb) !== true)
      .map(([verb, schema]) => ({
        ...{ kind, verb, help: help[verb] ?? verb, schema: jsonSchemaOf(schema) },
        destructive: destructive[kind]?.includes(verb) === true,
        creating: kind !== 'guard' && creating.includes(verb),
        role: adminOnly[kind]?.includes(verb) === true ? ('admin' as const) : ('operator' as const),
      })),
  );
}

/** As a caller writes them; what JSON Schema cannot say is left to the host. */
const jsonSchemaOf = (schema: z.ZodType): Readonly<Record<string, unknown>> =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
