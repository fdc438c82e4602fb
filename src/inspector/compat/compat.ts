/** Viewers of other makers beside our own page: what is mounted in the inspector's server when the config asks for it. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AnyStateMachine } from 'xstate';
import type { Step } from '../../../actors/steps/step.ts';
import { fleetKey, keyText } from '../../../machines/ids.ts';
import { ulid } from '../../ulid.ts';
import type { ApiProblem } from '../api.ts';
import { drawnMachines } from '../chart/machines.ts';
import type { Parts } from '../server/parts.ts';
import { Refusal } from '../server/refusal.ts';
import type { Answer } from '../server/replies.ts';
import { checkRole } from '../server/request-guard.ts';
import type { GuardOptions } from '../server/request-guard.ts';
import { findRoute } from '../server/router.ts';
import type { Route } from '../server/router.ts';
import type { CompatSource, Standing } from './source.ts';
import { openViewPage } from './view-page.ts';
import { openViewerSockets } from './viewer-sockets.ts';

export interface CompatOptions {
  /** `/inspect/xstate` for viewers of @xstate/inspect 0.8. */
  readonly xstateInspect: boolean;
  /** `/inspect/stately` for viewers of @statelyai/inspect 0.7, and the page `/inspect/view` for apps that use it. */
  readonly statelyInspect: boolean;
  /** Origins of viewers' pages elsewhere, which come with a token: `http://localhost:3000`. */
  readonly origins: readonly string[];
  /** Folder of the built viewer. */
  readonly viewFolder: string;
  /** Every step the host takes in, in order. @returns ends it */
  readonly onStep: (listener: (step: Step) => void) => () => void;
}

export interface Compat {
  /** Undefined for paths of others. */
  answer(path: string, accepted: string, known: string): Answer | undefined;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  close(): void;
}

export async function openCompat(
  options: CompatOptions,
  parts: Parts,
  { guard, routes }: { readonly guard: GuardOptions; readonly routes: readonly Route[] },
): Promise<Compat> {
  const { origins, xstateInspect, statelyInspect } = options;
  const sockets = await openViewerSockets({
    isOn: { xstateInspect, statelyInspect },
    guard: { ...guard, origins },
    source: sourceOf(options, parts, routes),
    nowMs: parts.nowMs,
    newId: () => ulid(parts.nowMs()),
  });
  const view = statelyInspect ? openViewPage(options.viewFolder) : undefined;
  return {
    answer: (path, accepted, known) => view?.answer(path, accepted, known),
    upgrade: (request, socket, head) => {
      sockets.upgrade(request, socket, head);
    },
    close: () => {
      sockets.close();
    },
  };
}

function sourceOf(
  { onStep }: CompatOptions,
  { fleet, steps }: Parts,
  routes: readonly Route[],
): CompatSource {
  return {
    actors: () => fleet.rows({ q: '', sort: 'severity', offset: 0, limit: 200 }).rows,
    image: async (actor): Promise<Standing | undefined> => {
      const row = fleet.detail(actor)?.row;
      if (row === undefined) return undefined;
      const [kind = '', namespace = '', name = ''] = actor.split('/');
      const at = await steps.at({ kind, namespace, name }, row.uid, row.seq);
      return at && { image: at.image, seq: at.step.seq, uid: row.uid };
    },
    machineOf: rootMachineOf,
    onStep,
    send: commandWay(routes),
  };
}

/** The orders of all hosts and the breakers of one are of the same kind by name, and of different charts. */
export function rootMachineOf(actor: string): AnyStateMachine | undefined {
  const [kind = ''] = actor.split('/');
  const id = actor === keyText(fleetKey) ? 'guardFleet' : kind;
  return Object.hasOwn(drawnMachines, id) ? drawnMachines[id] : undefined;
}

/** The very route that our own page sends commands by: schema, role, confirmation, pace and audit are the same. */
function commandWay(routes: readonly Route[]): CompatSource['send'] {
  const { route } = findRoute(routes, 'POST', '/api/commands');
  return async (request, login): Promise<ApiProblem | undefined> => {
    const query = new URLSearchParams();
    try {
      checkRole(login, route.role);
      await route.answer({ login, parts: {}, query, body: request, headers: {} });
      return undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { ...error.fields, code: error.code, message: error.message };
    }
  };
}
