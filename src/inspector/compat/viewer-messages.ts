/** What a viewer made for @xstate/inspect may say, and the command that an event of it stands for. */
import { z } from 'zod';
import { viewers } from '../../../machines/limits-inspector-compat.ts';
import type { ApiProblem, CommandRequest } from '../api.ts';
import type { Login } from '../server/logins.ts';
import type { Told } from './machine-image.ts';

const name = z.string().min(1).max(300);

const message = z.discriminatedUnion('type', [
  z.object({ type: z.literal('xstate.inspecting') }),
  z.object({
    type: z.literal('xstate.event'),
    /** An SCXML event as JSON. */
    event: z.string().max(viewers.messageBytesMax),
    service: name.optional(),
  }),
]);

const scxml = z.object({
  name,
  data: z.looseObject({ type: name }),
  /** Session it is meant for: that is how @xstate/inspect routes. */
  origin: name.optional(),
});

export type ViewerMessage =
  | { readonly type: 'inspecting' }
  | {
      readonly type: 'event';
      readonly session: string;
      readonly event: string;
      readonly data: Readonly<Record<string, unknown>>;
    };

/** @returns a text that says what is wrong when it is none */
export function readViewerMessage(text: string): ViewerMessage | string {
  const outer = message.safeParse(jsonOf(text));
  if (!outer.success)
    return `expected {"type":"xstate.inspecting"} or {"type":"xstate.event","event":"<JSON>"}: ${firstOf(outer.error)}`;
  if (outer.data.type === 'xstate.inspecting') return { type: 'inspecting' };
  const inner = scxml.safeParse(jsonOf(outer.data.event));
  if (!inner.success) return `expected an SCXML event as JSON in "event": ${firstOf(inner.error)}`;
  const { origin, data } = inner.data;
  const session = origin ?? outer.data.service;
  if (session === undefined)
    return 'expected the session the event is for, as "origin" or "service"';
  const { type: event, ...rest } = data;
  return { type: 'event', session, event, data: rest };
}

const firstOf = ({ issues: [issue] }: z.ZodError): string =>
  `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Resources take commands by their kind's own way only; what else a machine hears is not for viewers to say. */
export function commandOf(
  told: Told | undefined,
  { event, data }: Extract<ViewerMessage, { type: 'event' }>,
  viewer: Login,
  commandId: string,
): CommandRequest | ApiProblem {
  if (told === undefined)
    return problem('notFound', 'no such session; take the sessionId of a service.register');
  if (viewer.role === 'viewer')
    return problem(
      'tooFewRights',
      `${viewer.user} is viewer here, and commands need operator; log in with another token`,
    );
  if (told.path !== '')
    return problem('notAllowed', `machines below take no commands; send it to ${told.actor}`);
  const [kind = '', namespace = '', own = ''] = told.actor.split('/');
  const verb = event.startsWith(`${kind}.`) ? event.slice(kind.length + 1) : event;
  if (!/^[a-z][a-z-]*$/.test(verb))
    return problem('badRequest', `${event} is no command; send ${kind}.<verb>`);
  return {
    ...{ kind, namespace, name: own, verb, arguments: data, commandId },
    reason: 'sent by a viewer of @xstate/inspect',
  };
}

const problem = (word: string, text: string): ApiProblem => ({
  code: `inspector.${word}`,
  message: text,
});

export const isProblem = (either: CommandRequest | ApiProblem): either is ApiProblem =>
  'code' in either;
