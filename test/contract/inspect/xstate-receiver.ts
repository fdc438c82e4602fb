/** The receiver of @xstate/inspect 0.8 in a process of its own, with the XState 4 it needs. */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';

export const workspace = path.resolve(import.meta.dirname, '../xstate-inspect');

/** What the receiver made of a frame; fields are there as `type` has them. */
export interface Told {
  readonly type: string;
  readonly sessionId: string;
  readonly value: unknown;
  readonly context: Readonly<Record<string, unknown>>;
  readonly nextEvents: readonly string[];
  readonly ownNextEvents: readonly string[];
  readonly states: number;
  readonly transitions: number;
  readonly parent?: string;
  readonly id: string;
  readonly xstate: string;
  readonly event?: { readonly name: string; readonly data: Readonly<Record<string, unknown>> };
  readonly status: number;
}

export class Receiver {
  readonly told: Told[] = [];
  readonly #child: ChildProcessWithoutNullStreams;
  #errors = '';

  constructor(server: string, token: string) {
    this.#child = spawn(process.execPath, ['receiver.mjs', server, token], { cwd: workspace });
    this.#child.stderr.on('data', (text: Buffer) => (this.#errors += text.toString()));
    createInterface({ input: this.#child.stdout }).on('line', (line) =>
      this.told.push(JSON.parse(line) as Told),
    );
  }

  send(message: object): void {
    this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  /** As a viewer sends an event: an SCXML event with the session as its origin. */
  event(session: string, data: { readonly type: string; readonly [field: string]: unknown }): void {
    const event = { name: data.type, data, $$type: 'scxml', type: 'external', origin: session };
    this.send({ type: 'xstate.event', event: JSON.stringify(event), service: session });
  }

  async find(is: (told: Told) => boolean): Promise<Told> {
    for (let tries = 0; tries < 400; tries += 1) {
      const found = this.told.find(is);
      if (found !== undefined) return found;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`not told; told: ${this.told.map(({ type }) => type).join()} ${this.#errors}`);
  }

  stop(): void {
    this.#child.kill();
  }
}
