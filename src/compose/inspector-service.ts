/** The inspector's way to the service: the host's own connection to NATS, once there is one. */
import { inspectorServer as limits } from '../../machines/limits-inspector-server.ts';
import { snapshotLimits } from '../../machines/limits-inspector.ts';
import type { DryRun, Step, StepHead, Why } from '../inspector/api.ts';
import type { FleetView } from '../inspector/fleet.ts';
import type { ActorKey, Asking, Service, Steps } from '../inspector/server/parts.ts';
import { Refusal, refusal } from '../inspector/server/refusal.ts';
import { ClientProblem } from '../nats/client.ts';
import type { FairleadClient } from '../nats/client.ts';
import type { Connection } from '../nats/connection.ts';
import { newestMessages } from '../nats/newest.ts';
import { readSteps, replay, stepAt } from '../nats/step-reader.ts';

/** Undefined until NATS has answered for the first time. */
export interface Line {
  readonly connection: Connection;
  readonly client: FairleadClient;
}

export interface LineState {
  readonly line: () => Line | undefined;
  /** Wall time since when NATS does not answer. */
  readonly awaySinceMs: () => number;
}

export function serviceOver({ line, awaySinceMs }: LineState): Service {
  const readOnlyBecause = (): string => {
    if (line()?.connection.connected() === true) return '';
    const since = new Date(awaySinceMs()).toISOString();
    return `NATS is unreachable since ${since}: nothing can be sent; look at nats-server, it is tried again`;
  };
  const open = (): Line => {
    const found = line();
    if (found?.connection.connected() === true) return found;
    throw refusal('unavailable', readOnlyBecause(), { retryAfterMs: 1_000 });
  };
  const ask = (question: Asking) =>
    asked(() => open().client.query(question, { timeoutMs: limits.readMs }));
  return {
    readOnlyBecause,
    ask,
    send: async ({ confirm: _confirm, ...command }) => {
      const sent = await open().client.command(command, { timeoutMs: limits.commandMs });
      return sent.ok ? sent : { ...sent, problem: { ...sent.problem } };
    },
    askAll: (question) => asked(() => open().client.survey(question, { timeoutMs: limits.readMs })),
    why: ({ verb, arguments: given, ...key }) =>
      ask({ ...key, verb: 'why', arguments: { verb, arguments: given } }) as Promise<Why & object>,
    dryRun: ({ verb, arguments: given, ...key }) =>
      ask({
        ...{ ...key, verb: 'dry-run' },
        arguments: { verb, arguments: given, explain: true },
      }) as Promise<DryRun & object>,
    newest: (stream, range) => reachable(() => newestMessages(open().connection, stream, range)),
  };
}

/** Steps from the log; while it cannot be read, the last ones of actors somebody looked at. */
export function stepsOver({ line }: LineState, { recent }: FleetView): Steps {
  const connection = (): Connection | undefined => {
    const found = line()?.connection;
    return found?.connected() === true ? found : undefined;
  };
  return {
    page: async (key, uid, range) => {
      const open = connection();
      if (open === undefined) return pageOf(uid, recentOf(recent, key, uid), range);
      const found = await reachable(() => readSteps(open, key, { uid, ...range }));
      recent.add(nameOf(key), found.steps);
      return { ...found, steps: found.steps.map(headOf) };
    },
    at: async (key, uid, seq) => {
      const open = connection();
      const upTo = () => recentOf(recent, key, uid).filter((step) => step.seq <= seq);
      const found =
        open === undefined
          ? remembered(upTo(), seq)
          : await reachable(() => stepAt(open, key, seq, uid));
      return found && { step: headOf(found.step), image: found.image };
    },
  };
}

/** Reads from the log what was missed of the actors whose last steps are kept: those of a host that was away have gaps. */
export async function fillRecent(
  steps: Steps,
  { recent, index }: Pick<FleetView, 'recent' | 'index'>,
): Promise<void> {
  for (const actor of Object.keys(recent.all())) {
    const [kind = '', namespace = '', ...rest] = actor.split('/');
    const uid = index.row(actor)?.uid;
    if (uid === undefined) continue;
    const key = { kind, namespace, name: rest.join('/') };
    await steps.page(key, uid, { limit: snapshotLimits.recentStepsMax });
  }
}

const nameOf = ({ kind, namespace, name }: ActorKey): string => `${kind}/${namespace}/${name}`;

const recentOf = (recent: FleetView['recent'], key: ActorKey, uid: string): Step[] =>
  recent.of(nameOf(key)).filter((step) => step.uid === uid);

function headOf({ image: _image, patch: _patch, row: _row, ...head }: Step): StepHead {
  return head;
}

function pageOf(
  uid: string,
  steps: readonly Step[],
  { before = Infinity, after, limit }: Parameters<Steps['page']>[2],
) {
  const fitting = steps.filter(({ seq }) => seq < before && seq > (after ?? 0));
  const shown = after === undefined ? fitting.slice(-limit) : fitting.slice(0, limit);
  const [first, last] = [steps[0]?.seq ?? 0, steps.at(-1)?.seq ?? 0];
  return { uid, steps: shown.map(headOf), first, last };
}

/** From the newest whole one on. */
function remembered(steps: readonly Step[], seq: number) {
  const start = steps.findLastIndex(({ image }) => image !== undefined);
  if (start < 0 || steps.at(-1)?.seq !== seq) return undefined;
  return replay(steps.slice(start));
}

async function asked<T>(question: () => Promise<T>): Promise<T> {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof ClientProblem)) throw error;
    const { status, code, message, ...fields } = error.problem;
    throw new Refusal(status, code, message, fields);
  }
}

/** What NATS does not answer is no fault of ours. */
async function reachable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw refusal('unavailable', `NATS does not answer (${cause}); try again`);
  }
}
