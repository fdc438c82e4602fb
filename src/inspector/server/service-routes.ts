/** Routes that ask the service or send to it: commands, and queries that only read. */
import { z } from 'zod';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { CommandInfo } from '../api.ts';
import { confirmWord } from '../confirming.ts';
import { checked } from './body.ts';
import { keyOf, parsedArguments } from './fleet-routes.ts';
import type { Login } from './logins.ts';
import type { Pace } from './pace.ts';
import type { Parts } from './parts.ts';
import { Refusal, refusal } from './refusal.ts';
import { checkRole } from './request-guard.ts';
import type { Asked, Route } from './router.ts';
import type { Answer } from './replies.ts';
import { dnsLabel } from '../../../machines/ids.ts';

/** Verbs of queries that change nothing and reach no machine. */
const readVerbs = ['get', 'list', 'survey', 'history', 'points', 'next', 'outcome'];

const label = z.string().regex(dnsLabel, 'expected lower-case letters, digits and dashes');

const commandBody = z.strictObject({
  kind: label,
  namespace: label,
  name: label,
  verb: label,
  arguments: z.unknown().optional(),
  commandId: z
    .string()
    .regex(/^[\w.:-]{8,128}$/, 'expected 8 to 128 letters, digits and _ . : -, as a new ULID'),
  ifRevision: z.int().min(0).optional(),
  reason: z.string().max(500).optional(),
  confirm: z.string().max(253).optional(),
});
type CommandBody = z.infer<typeof commandBody>;

export function serviceRoutes(parts: Parts, pace: Pace): Route[] {
  const { commands, service } = parts;
  return [
    {
      ...{ method: 'GET', role: 'viewer', path: '/api/commands' },
      answer: () => ({ value: commands }),
    },
    {
      ...{ method: 'POST', role: 'operator', path: '/api/commands' },
      answer: async ({ login, body }) => {
        pace.take(login.user);
        const command = checked(commandBody, body, 'body');
        checkCommand(commands, command, login);
        const because = service.readOnlyBecause();
        if (because !== '') throw refusal('unavailable', because, { retryAfterMs: 1_000 });
        return sentAs(await service.send({ ...given(command), by: login.user }));
      },
    },
    {
      ...{ method: 'GET', role: 'viewer', path: '/api/read/:kind/:namespace/:name/:verb' },
      answer: (asked) => readOf(parts, asked),
    },
  ];
}

/** Role and confirmation that the registry asks for. */
function checkCommand(
  commands: readonly CommandInfo[],
  { kind, verb, name, confirm, arguments: args }: CommandBody,
  login: Login,
): void {
  const info = commands.find((each) => each.kind === kind && each.verb === verb);
  if (info === undefined)
    throw refusal('notFound', `there is no command ${verb} of ${kind}; /api/commands lists them`);
  checkRole(login, info.role);
  const asked = confirmWord({ kind, name }, args);
  if (info.destructive && confirm !== asked)
    throw refusal(
      'badRequest',
      `${verb} cannot be taken back: repeat ${JSON.stringify(asked)} in "confirm"`,
      { needs: ['confirm'] },
    );
}

function given({ confirm: _confirm, ...command }: CommandBody) {
  const { ifRevision, reason, ...rest } = command;
  return {
    ...rest,
    ...(ifRevision !== undefined && { ifRevision }),
    ...(reason !== undefined && { reason }),
  };
}

function sentAs(sent: Awaited<ReturnType<Parts['service']['send']>>): Answer {
  if (sent.ok) return { value: sent };
  const { status, ...problem } = sent.problem;
  const { code, message, ...fields } = problem;
  throw new Refusal(status, code, message, { ...fields, commandId: sent.commandId });
}

async function readOf({ service }: Parts, { parts: path, query }: Asked): Promise<Answer> {
  const verb = path['verb'] ?? '';
  if (!readVerbs.includes(verb))
    throw refusal('notFound', `${verb} is not read here; use one of ${readVerbs.join(', ')}`);
  const args = query.get('args') ?? '';
  if (args.length > limits.argumentsCharactersMax) throw refusal('tooLarge');
  const question = { ...keyOf(path), verb, arguments: parsedArguments(args) };
  if (verb === 'survey') return { value: { answers: await service.askAll(question) } };
  return { value: await service.ask(question) };
}
