/** What an app tells by @statelyai/inspect. The app is a stranger: every message is measured, then read by a schema. */
import * as z from 'zod/mini';
import { foreign } from '../../../../machines/limits-inspector-compat.ts';

// Its faster way of reading makes functions out of text, which this page's policy forbids.
z.config({ jitless: true });

const name = z.string().check(z.maxLength(foreign.nameCharactersMax));
const perhaps = z.optional(z.nullable(name));

const event = z.object({ type: name });

const snapshot = z.object({
  status: perhaps,
  value: z.optional(z.unknown()),
  context: z.optional(z.unknown()),
  output: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
  tags: z.optional(z.array(name)),
});

const head = { _version: name, sessionId: name, createdAt: perhaps };

const message = z.discriminatedUnion('type', [
  z.object({
    ...head,
    type: z.literal('@xstate.actor'),
    name: perhaps,
    parentId: perhaps,
    definition: z.optional(z.nullable(z.string())),
    snapshot: z.optional(z.nullable(snapshot)),
  }),
  z.object({ ...head, type: z.literal('@xstate.event'), event, sourceId: perhaps }),
  z.object({
    ...head,
    type: z.literal('@xstate.snapshot'),
    event: z.optional(z.nullable(event)),
    snapshot: z.nullable(snapshot),
  }),
  z.object({ type: z.literal('@statelyai.disconnected') }),
]);

export type Message = z.infer<typeof message>;
export type Snapshot = z.infer<typeof snapshot>;

export type Read =
  | { readonly is: 'message'; readonly message: Message; readonly characters: number }
  | { readonly is: 'refused'; readonly because: string }
  /** Of somebody else's protocol on the same channel. */
  | { readonly is: 'other' };

/** @param data  as the message event holds it */
export function readMessage(data: unknown): Read {
  if (!isOurs(data)) return { is: 'other' };
  let text: string;
  try {
    text = JSON.stringify(data);
  } catch {
    return { is: 'refused', because: 'a message is no JSON' };
  }
  if (text.length > foreign.messageCharactersMax)
    return { is: 'refused', because: `a message has ${text.length} characters` };
  const read = message.safeParse(JSON.parse(text));
  if (read.success) return { is: 'message', message: read.data, characters: text.length };
  const [issue] = read.error.issues;
  return {
    is: 'refused',
    because: `a message has a field of another form: ${issue?.path.join('.') ?? ''}`,
  };
}

function isOurs(data: unknown): data is { readonly type: string } {
  if (typeof data !== 'object' || data === null || !('type' in data)) return false;
  return typeof data.type === 'string' && /^@(xstate|statelyai)\./.test(data.type);
}
