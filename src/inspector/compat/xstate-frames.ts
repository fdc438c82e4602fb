/** What goes over the wire to viewers made for @xstate/inspect 0.8. Values inside are JSON as strings. */
import type { NodeDefinition } from '../../../actors/definition.ts';
import { activeNodes, sessionOf, tagsOf } from './machine-image.ts';
import type { Told } from './machine-image.ts';
import { toV4Config, v4EventName } from './v4-config.ts';

export type ServiceFrame =
  | {
      readonly type: 'service.register';
      readonly machine: string;
      readonly state: string;
      readonly id: string;
      readonly sessionId: string;
      readonly parent?: string;
      readonly source?: string;
    }
  | { readonly type: 'service.event'; readonly event: string; readonly sessionId: string }
  | { readonly type: 'service.state'; readonly state: string; readonly sessionId: string }
  | { readonly type: 'service.stop'; readonly sessionId: string }
  | { readonly type: 'xstate.disconnect' };

const INIT = 'xstate.init';

const configs = new WeakMap<object, string>();

/** Of one chart as JSON; made once. */
function configText({ machine }: Told): string {
  const text = configs.get(machine) ?? JSON.stringify(toV4Config(machine));
  configs.set(machine, text);
  return text;
}

export const registerFrame = (told: Told): ServiceFrame => ({
  type: 'service.register',
  machine: configText(told),
  state: stateText(told, INIT),
  id: told.machine.id,
  sessionId: told.session,
  ...(told.parent !== undefined && { parent: told.parent }),
  source: told.image.src,
});

export const eventFrame = (session: string, event: string, data: object = {}): ServiceFrame => ({
  type: 'service.event',
  event: JSON.stringify(scxml(v4EventName(event), data)),
  sessionId: session,
});

export const stateFrame = (told: Told, event: string): ServiceFrame => ({
  type: 'service.state',
  state: stateText(told, event),
  sessionId: told.session,
});

/** Payloads are not part of steps: an event is its type. */
const scxml = (name: string, data: object = {}): object => ({
  name,
  data: { ...data, type: name },
  $$type: 'scxml',
  type: /^(done|error|xstate)\./.test(name) ? 'platform' : 'external',
});

/** The fields XState 4 reads a state from, so that `State.create` and `resolveState` take it. */
function stateText({ machine, image, actor, path, session }: Told, event: string): string {
  const nodes = activeNodes(machine, image.value);
  const _event = scxml(v4EventName(event)) as { readonly data: object };
  const children = Object.keys(image.children).map((id) => {
    const below = path === '' ? id : `${path}/${id}`;
    return [id, { id: sessionOf(actor, below) }] as const;
  });
  return JSON.stringify({
    ...{ value: image.value, context: image.context ?? {}, _event, event: _event.data },
    ...{ _sessionid: session, actions: [], activities: {}, meta: {}, events: [], transitions: [] },
    configuration: nodes.map(configured),
    children: Object.fromEntries(children),
    done: image.status === 'done',
    tags: tagsOf(nodes),
    changed: true,
  });
}

/** `ownEvents` is what `state.nextEvents` is made of. */
const configured = ({ id, key, type, transitions }: NodeDefinition): object => ({
  ...{ id, key, type },
  ownEvents: [...new Set(transitions.map(({ event }) => v4EventName(event)))].filter(
    (event) => event !== '',
  ),
});
