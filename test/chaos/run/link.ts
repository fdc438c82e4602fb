/** The line between one host and one server: a relay on loopback that can be slow, silent or broken. */
import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Held per direction before the sender has to wait. */
const HELD_BYTES_MAX = 8 * 1024 * 1024;

interface Held {
  /** Undefined: the sender has ended. */
  readonly bytes: Buffer | undefined;
  readonly dueMs: number;
}

export class Link {
  readonly #server: Server;
  readonly #flows = new Set<Flow>();
  readonly #sockets = new Set<Socket>();
  /** Of each direction. */
  delayMs = 0;
  isSilent = false;
  #isBroken = false;
  /** Hears what the host sends, when it comes in here. */
  overhear: (bytes: Buffer) => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param target  asked at each connection, since a server may come back elsewhere */
  static open(target: () => { readonly port: number }): Promise<Link> {
    const server = createServer({ allowHalfOpen: true });
    const link = new Link(server);
    server.on('connection', (near) => {
      link.#join(near, target().port);
    });
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(link));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What is sent arrives this much later, in order. */
  slow(delayMs: number): void {
    this.delayMs = delayMs;
  }

  /** Nothing arrives and nobody is told, as in a network that drops; what was sent meanwhile arrives when it heals. */
  silence(): void {
    this.isSilent = true;
  }

  /** Every connection is reset, and so is each new one. */
  cut(): void {
    this.#isBroken = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  heal(): void {
    this.delayMs = 0;
    this.isSilent = false;
    this.#isBroken = false;
    for (const flow of this.#flows) flow.run();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, port: number): void {
    if (this.#isBroken) {
      near.resetAndDestroy();
      return;
    }
    const far = connect({ host: '127.0.0.1', port, allowHalfOpen: true });
    const flows = [new Flow(this, near, far), new Flow(this, far, near)];
    for (const flow of flows) this.#flows.add(flow);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      socket.on('error', () => undefined); // 'close' follows and tells the other side.
      socket.on('close', () => this.#sockets.delete(socket));
    }
    near.on('data', (bytes: Buffer) => {
      this.overhear(bytes);
    });
    const [onward, back] = flows;
    near.on('close', () => onward?.end());
    far.on('close', () => back?.end());
    for (const flow of flows) flow.onEnded = () => this.#flows.delete(flow);
  }
}

/** One direction of one connection. What a side has sent arrives even if it has given up since. */
class Flow {
  readonly #link: Link;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #isEnding = false;
  #timer: NodeJS.Timeout | undefined;
  onEnded: () => void = () => undefined;

  constructor(link: Link, from: Socket, to: Socket) {
    this.#link = link;
    this.#from = from;
    this.#to = to;
    from.on('data', (bytes: Buffer) => {
      this.#hold(bytes);
    });
    from.on('end', () => {
      this.end();
    });
  }

  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#hold(undefined);
  }

  /** Passes on what is due, and comes back for the rest. */
  run(): void {
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    while (!this.#link.isSilent) {
      const [next] = this.#held;
      if (next === undefined) return;
      // A line that has healed holds nothing back.
      const waitMs = this.#link.delayMs === 0 ? 0 : next.dueMs - nowMs;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => {
          this.run();
        }, waitMs);
        return;
      }
      this.#held.shift();
      this.#pass(next);
    }
  }

  #hold(bytes: Buffer | undefined): void {
    this.#held.push({ bytes, dueMs: performance.now() + this.#link.delayMs });
    this.#heldBytes += bytes?.length ?? 0;
    if (this.#heldBytes > HELD_BYTES_MAX) this.#from.pause();
    this.run();
  }

  #pass({ bytes }: Held): void {
    if (bytes === undefined) {
      this.#to.end();
      this.onEnded();
      return;
    }
    this.#heldBytes -= bytes.length;
    if (this.#heldBytes <= HELD_BYTES_MAX) this.#from.resume();
    if (this.#to.writable) this.#to.write(bytes);
  }
}
