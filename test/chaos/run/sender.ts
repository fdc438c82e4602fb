/** Sends commands as any client may, and keeps the book of what became of each at the door of the stream. */
import { createInbox, headers } from '@nats-io/transport-node';
import type { Msg } from '@nats-io/transport-node';
import { keyText } from '../../../machines/ids.ts';
import type { ResourceKey } from '../../../machines/ids.ts';
import { sleep } from '../../../src/sleep.ts';
import type { Connection } from '../../../src/nats/connection.ts';
import { classifyWrite, hasCode, jetStreamCodes } from '../../../src/nats/faults.ts';
import { parseProblem } from '../../../src/nats/problem.ts';
import type { Answer, Sent } from './checkers/books.ts';

export interface Order extends ResourceKey {
  readonly verb: string;
  /** JSON of this, or bytes as they are. */
  readonly payload: object | string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Nobody can read it: it has to end as a dead letter. */
  readonly isPoison?: boolean;
  /** Stored a second time under the same id. */
  readonly isTwice?: boolean;
}

const PUBLISH_MS = 3_000;
const AGAIN_MS = 100;
/** Past it nobody knows whether the command was stored. */
const GIVE_UP_MS = 60_000;
/** What an actor of one verb may have waiting is bounded by the stream. */
const isFull = (error: unknown): boolean => hasCode(error, jetStreamCodes.maximumMessages);

export class Sender {
  readonly #connection: Connection;
  readonly #run: string;
  readonly #inbox = createInbox();
  readonly #sent = new Map<string, Sent>();
  /** The last command of each actor: the next one is stored behind it. */
  readonly #lines = new Map<string, Promise<unknown>>();
  #underWay = 0;

  /** @param run  makes ids of this run its own */
  constructor(connection: Connection, run: string) {
    this.#connection = connection;
    this.#run = run;
    connection.nc.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.#answered(message);
      },
    });
  }

  get sent(): ReadonlyMap<string, Sent> {
    return this.#sent;
  }

  /** Commands of which the stream has not said yet whether it has them. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Stored behind the actor's last one. Never rejects. */
  send(order: Order): Promise<Sent> {
    const actor = keyText(order);
    const before = this.#lines.get(actor) ?? Promise.resolve();
    const sent = before.then(() => this.sendNow(order));
    this.#lines.set(actor, sent);
    return sent;
  }

  /** Without waiting for the one before, as a crowd of callers does. */
  async sendNow(order: Order): Promise<Sent> {
    const id = `${this.#run}-${this.#sent.size + 1}`;
    const { verb, isPoison = false } = order;
    const sent: Sent = { id, actor: keyText(order), verb, isPoison, fate: 'unknown' };
    this.#sent.set(id, sent);
    this.#underWay += 1;
    await this.#store(order, sent);
    if (order.isTwice === true && sent.fate === 'stored') await this.#store(order, sent, true);
    this.#underWay -= 1;
    return sent;
  }

  async #store(order: Order, sent: Sent, isAgain = false): Promise<void> {
    const untilMs = performance.now() + GIVE_UP_MS;
    for (let isFirst = !isAgain; ; isFirst = false) {
      try {
        const ack = await this.#publish(order, sent.id);
        sent.fate = 'stored';
        if (isFirst && !ack.duplicate) sent.place = ack.seq;
        return;
      } catch (error) {
        if (isAgain) return; // The first copy is stored; what becomes of this one changes nothing.
        if (isFull(error) && isFirst) {
          sent.fate = 'refused';
          return;
        }
        const isRefused = classifyWrite(error) === 'refused' && !isFull(error);
        if (isRefused && isFirst) sent.fate = 'refused';
        if (isRefused || performance.now() > untilMs) return;
        await sleep(AGAIN_MS);
      }
    }
  }

  #publish({ namespace, kind, name, verb, ...order }: Order, id: string) {
    const { payload } = order;
    const isRaw = typeof payload === 'string' || payload instanceof Uint8Array;
    const told = headers();
    told.set('Fairlead-Reply-To', `${this.#inbox}.${id}`);
    for (const [header, value] of Object.entries(order.headers ?? {})) told.set(header, value);
    const { js } = this.#connection;
    return this.#connection.ask(() =>
      js.publish(
        `fairlead.v1.cmd.${namespace}.${kind}.${name}.${verb}`,
        isRaw ? payload : JSON.stringify(payload),
        { msgID: id, headers: told, timeout: PUBLISH_MS },
      ),
    );
  }

  #answered(message: Msg): void {
    const sent = this.#sent.get(message.subject.slice(this.#inbox.length + 1));
    if (sent === undefined) return;
    (sent.answers ??= []).push(answerOf(message));
  }
}

function answerOf(message: Msg): Answer {
  const failure = message.headers?.get('Nats-Service-Error-Code') ?? '';
  if (failure === '') return { status: 200, code: 'ok' };
  const status = Number(failure);
  return { status, code: parseProblem(message.string(), status, 'no problem').code };
}
