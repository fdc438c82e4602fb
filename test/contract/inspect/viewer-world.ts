/** An HTTP server with the adapters for other viewers over actors that a test moves, behind the real guard. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyStateMachine } from 'xstate';
import { definitionHash } from '../../../actors/definition.ts';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { Image, Row, Step } from '../../../actors/steps/step.ts';
import type { ApiProblem, CommandRequest } from '../../../src/inspector/api.ts';
import { drawnMachines } from '../../../src/inspector/chart/machines.ts';
import { rootMachineOf } from '../../../src/inspector/compat/compat.ts';
import type { CompatSource } from '../../../src/inspector/compat/source.ts';
import { openViewPage } from '../../../src/inspector/compat/view-page.ts';
import { openViewerSockets } from '../../../src/inspector/compat/viewer-sockets.ts';
import { digestOf } from '../../../src/inspector/server/logins.ts';
import type { Login } from '../../../src/inspector/server/logins.ts';
import { openPace } from '../../../src/inspector/server/pace.ts';
import { send } from '../../../src/inspector/server/replies.ts';
import { openSessions } from '../../../src/inspector/server/sessions.ts';
import { ulid } from '../../../src/ulid.ts';

export const tokens = { operator: 'o'.repeat(40), viewer: 'v'.repeat(40) } as const;

const logins: readonly Login[] = [
  { role: 'operator', user: 'ada', digest: digestOf(tokens.operator) },
  { role: 'viewer', user: 'bob', digest: digestOf(tokens.viewer) },
];

/** The built viewer; the tests' set-up makes it. */
const viewFolder = new URL('../../../dist/inspector-view', import.meta.url).pathname;

export class ViewerWorld {
  readonly sent: { readonly request: CommandRequest; readonly viewer: Login }[] = [];
  /** What the service does with a command; undefined takes it. */
  onCommand: (request: CommandRequest) => ApiProblem | undefined = () => undefined;
  /** Of the cookie of the operator. */
  cookie = '';
  readonly #images = new Map<string, { image: Image; seq: number }>();
  readonly #listeners = new Set<(step: Step) => void>();
  readonly #ends: (() => void)[] = [];

  get listeners(): number {
    return this.#listeners.size;
  }

  /** An actor stands as told. A step goes to viewers that know it, with the events its machines took. */
  set(actor: string, image: Image, taken: Step['taken'] = [], isGone = false): void {
    const kind = actor.split('/')[0] ?? '';
    const seq = (this.#images.get(actor)?.seq ?? 0) + 1;
    this.#images.set(actor, { image, seq });
    const step: Step = {
      ...{
        seq,
        revision: seq,
        atMs: 1_000 * seq,
        actor,
        uid: 'u1',
        state: '',
        host: 'h1',
        fence: 1,
      },
      ...{ isRestored: false, importance: 'change', correlationId: 'k1', taken, image },
      hash: definitionHash(machineOf(kind)),
      row: rowOf(actor, seq, isGone),
    };
    for (const listener of this.#listeners) listener(step);
  }

  /** @returns `127.0.0.1:<port>` */
  async open(origins: readonly string[] = []): Promise<string> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const nowMs = Date.now;
    const sessions = openSessions({ logins, port, isSecure: false, nowMs });
    const [operator] = logins;
    if (operator !== undefined) this.cookie = sessions.open(operator).split(';')[0] ?? '';
    // Within one moment: the clock of the pace stands.
    const wrongTokens = openPace(limits.wrongTokensPerSecond, () => 0);
    const sockets = await openViewerSockets({
      isOn: { xstateInspect: true, statelyInspect: true },
      guard: { logins, sessions, allowedHosts: [], isSecure: false, origins, wrongTokens },
      source: this.#source(),
      nowMs,
      newId: ulid,
    });
    const view = openViewPage(viewFolder);
    server.on('upgrade', (request, socket, head) => {
      sockets.upgrade(request, socket, head);
    });
    server.on('request', (request, response) => {
      const answer = view.answer(request.url ?? '', '', '');
      send(request, response, answer ?? { status: 404 });
    });
    this.#ends.push(() => {
      sockets.close();
      server.close();
      server.closeAllConnections();
    });
    return `127.0.0.1:${port}`;
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #source(): CompatSource {
    return {
      actors: () => [...this.#images].map(([actor, { seq }]) => rowOf(actor, seq, false)),
      image: (actor) => {
        const found = this.#images.get(actor);
        return Promise.resolve(found && { ...found, uid: 'u1' });
      },
      machineOf: rootMachineOf,
      onStep: (listener) => {
        this.#listeners.add(listener);
        return () => void this.#listeners.delete(listener);
      },
      send: (request, viewer) => {
        this.sent.push({ request, viewer });
        return Promise.resolve(this.onCommand(request));
      },
    };
  }
}

export function machineOf(kind: string): AnyStateMachine {
  const machine = drawnMachines[kind];
  if (machine === undefined) throw new Error(`no machine ${kind}`);
  return machine;
}

const rowOf = (actor: string, seq: number, isGone: boolean): Row => ({
  ...{ actor, uid: 'u1', state: '', severity: 'changing', sinceMs: 0, reason: '', revision: seq },
  ...{ seq, host: 'h1', region: 'eu-central-1', expectedMs: 0, isGone },
});

/** What the persisted snapshot of a living actor looks like in a step. Nothing in these tests is secret. */
interface Persisted {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly children?: Readonly<
    Record<string, { readonly src: unknown; readonly snapshot: Persisted }>
  >;
}

export function imageOf(src: string, { status, value, context, children = {} }: Persisted): Image {
  return {
    ...{ src, status },
    ...(value !== undefined && { value }),
    ...(context !== undefined && { context }),
    children: Object.fromEntries(
      Object.entries(children).map(([id, child]) => [
        id,
        imageOf(String(child.src), child.snapshot),
      ]),
    ),
  };
}
