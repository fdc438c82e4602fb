/** What goes over the wire to viewers made for @statelyai/inspect 0.7. */
import { StateMachine } from 'xstate';
import { activeNodes, sessionOf, tagsOf } from './machine-image.ts';
import type { Told } from './machine-image.ts';

/** Of the package whose messages these are. */
const VERSION = '0.7.2';

interface Head {
  readonly _version: string;
  readonly sessionId: string;
  readonly rootId: string;
  /** Milliseconds as text. */
  readonly createdAt: string;
  readonly id: null;
}

export type StatelyFrame = Head &
  (
    | {
        readonly type: '@xstate.actor';
        readonly name: string;
        readonly parentId?: string;
        readonly definition: string;
        readonly snapshot: object;
      }
    | {
        readonly type: '@xstate.event';
        readonly event: { readonly type: string };
        readonly sourceId?: string;
      }
    | {
        readonly type: '@xstate.snapshot';
        readonly event: { readonly type: string };
        readonly snapshot: object;
      }
  );

const headOf = ({ session, actor }: Told, atMs: number): Head => ({
  ...{ _version: VERSION, sessionId: session, rootId: actor, createdAt: `${atMs}`, id: null },
});

export const actorFrame = (told: Told, atMs: number): StatelyFrame => ({
  ...headOf(told, atMs),
  type: '@xstate.actor',
  name: told.session,
  ...(told.parent !== undefined && { parentId: told.parent }),
  definition: definitionText(told),
  snapshot: snapshotOf(told),
});

export const statelyEventFrame = (told: Told, event: string, atMs: number): StatelyFrame => ({
  ...headOf(told, atMs),
  ...{ type: '@xstate.event', event: { type: event } },
});

export const snapshotFrame = (told: Told, event: string, atMs: number): StatelyFrame => ({
  ...headOf(told, atMs),
  ...{ type: '@xstate.snapshot', event: { type: event }, snapshot: snapshotOf(told) },
});

/** The protocol has no word for an end: the last snapshot says it. */
export const stoppedFrame = (told: Told, atMs: number): StatelyFrame => ({
  ...headOf(told, atMs),
  ...{ type: '@xstate.snapshot', event: { type: 'xstate.stop' } },
  snapshot: { ...snapshotOf(told), status: told.image.status === 'done' ? 'done' : 'stopped' },
});

function snapshotOf({ machine, image, actor, path }: Told): object {
  const children = Object.keys(image.children).map((id) => {
    const below = path === '' ? id : `${path}/${id}`;
    return [id, { xstate$$type: 1, id: sessionOf(actor, below) }] as const;
  });
  return {
    ...{ value: image.value, context: image.context ?? {}, status: image.status },
    tags: tagsOf(activeNodes(machine, image.value)),
    children: Object.fromEntries(children),
    historyValue: {},
  };
}

const definitions = new WeakMap<object, string>();

/** The config the chart was made of, with functions by their name, as the package itself writes it. */
function definitionText({ machine }: Told): string {
  const text = definitions.get(machine) ?? JSON.stringify(machine.config, plain);
  definitions.set(machine, text);
  return text;
}

function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'function') return { type: value.name };
  return value instanceof StateMachine ? { id: value.id } : value;
}
