/** Writes server-sent events to one client and knows what it has not taken yet. */
import { feedLimits } from '../../../machines/limits-inspector.ts';
import type { StreamEvents } from '../api.ts';
import type { Sink } from './feed.ts';

export const eventText = <Name extends keyof StreamEvents>(
  name: Name,
  data: StreamEvents[Name],
): string => namedText(name, JSON.stringify(data));

/** @param data JSON, which never holds a line feed */
export const namedText = (name: keyof StreamEvents, data: string): string =>
  `event: ${name}\ndata: ${data}\n\n`;

export class Outlet {
  readonly #sink: Sink;
  #writtenBytes = 0;
  /** Where each unsent event ends, counted from the first byte ever written. */
  #ends: number[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  get unsentBytes(): number {
    return this.#sink.writableLength;
  }

  /** False when the client has too much unread for one more; then nothing is written. A first event always has its place. */
  send(text: string): boolean {
    const bytes = Buffer.byteLength(text);
    const { unsentBytesMax, unsentEventsMax } = feedLimits;
    const unsent = this.unsentBytes;
    if (unsent > 0) {
      if (unsent + bytes > unsentBytesMax || this.#unsentEvents() >= unsentEventsMax) return false;
    } else this.#ends = [];
    this.#sink.write(text);
    this.#writtenBytes += bytes;
    this.#ends.push(this.#writtenBytes);
    return true;
  }

  end(): void {
    this.#sink.end();
  }

  /** At once, whatever is unread. */
  destroy(): void {
    if (this.#sink.destroy) this.#sink.destroy();
    else this.#sink.end();
  }

  /** Framing of the connection may make bytes look unsent a little longer, never shorter. */
  #unsentEvents(): number {
    const taken = this.#writtenBytes - this.unsentBytes;
    const first = this.#ends.findIndex((end) => end > taken);
    this.#ends = first < 0 ? [] : this.#ends.slice(first);
    return this.#ends.length;
  }
}
