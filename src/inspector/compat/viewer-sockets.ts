/** WebSockets for viewers of other makers: `/inspect/xstate` and `/inspect/stately`. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { viewers } from '../../../machines/limits-inspector-compat.ts';
import { Refusal, refusal } from '../server/refusal.ts';
import type { CompatSource } from './source.ts';
import { serveStately } from './stately-viewer.ts';
import { checkUpgrade, subprotocol } from './upgrade-guard.ts';
import type { UpgradeGuard } from './upgrade-guard.ts';
import type { Line, Served } from './viewer-line.ts';
import { serveXState } from './xstate-viewer.ts';

export interface ViewerSocketsOptions {
  readonly isOn: { readonly xstateInspect: boolean; readonly statelyInspect: boolean };
  readonly guard: UpgradeGuard;
  readonly source: CompatSource;
  readonly nowMs: () => number;
  /** Of commands. */
  readonly newId: () => string;
}

export interface ViewerSockets {
  /** Mounted as the listener of the HTTP server's `upgrade`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): void;
}

/** Loads `ws` when asked for, not before: hosts without viewers do without it. */
export async function openViewerSockets(options: ViewerSocketsOptions): Promise<ViewerSockets> {
  const { WebSocketServer: Server } = await import('ws');
  const server: WebSocketServer = new Server({
    ...{ noServer: true, maxPayload: viewers.messageBytesMax, perMessageDeflate: false },
    handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
  });
  const serve = {
    ...(options.isOn.xstateInspect && { '/inspect/xstate': serveXState }),
    ...(options.isOn.statelyInspect && { '/inspect/stately': serveStately }),
  } as Readonly<Record<string, (served: Served) => void>>;

  const accept = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const viewer = checkUpgrade(request, options.guard);
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const run = Object.hasOwn(serve, pathname) ? serve[pathname] : undefined;
    if (run === undefined)
      throw refusal('notFound', 'no WebSocket here; inspector.compat in the config turns them on');
    const focus = searchParams.getAll('focus');
    if (focus.length > viewers.actorsMax)
      throw refusal('badRequest', `focus names more than ${viewers.actorsMax} actors; name fewer`);
    if (server.clients.size >= viewers.connectionsMax)
      throw refusal('tooManyStreams', 'too many viewers are connected; close one and try again');
    server.handleUpgrade(request, socket, head, (webSocket) => {
      const { source, nowMs, newId } = options;
      run({ source, viewer, focus, line: lineOf(webSocket), nowMs, newId });
    });
  };

  return {
    upgrade: (request, socket, head) => {
      socket.on('error', () => socket.destroy());
      try {
        accept(request, socket, head);
      } catch (error) {
        refuse(socket, error instanceof Refusal ? error : refusal('unavailable'));
      }
    },
    close: () => {
      for (const client of server.clients) {
        client.close(1001, 'the host goes down');
        setTimeout(() => {
          client.terminate();
        }, viewers.closeMs).unref();
      }
      server.close();
    },
  };
}

function lineOf(webSocket: WebSocket): Line {
  const end = (because: string): void => {
    // A close reason has 123 bytes at most.
    webSocket.close(1013, because.slice(0, 100).replace(/[^\x20-\x7e]/g, '?'));
  };
  webSocket.on('error', () => {
    webSocket.terminate();
  });
  keepAwake(webSocket);
  return {
    send: (frame) => {
      if (webSocket.readyState !== webSocket.OPEN) return;
      if (webSocket.bufferedAmount > viewers.unsentBytesMax) end('too slow; connect again');
      else webSocket.send(JSON.stringify(frame));
    },
    onText: (listener) => {
      webSocket.on('message', (data: Buffer, isBinary) => {
        if (!isBinary) listener(data.toString());
      });
    },
    onEnd: (listener) => void webSocket.on('close', listener),
    end,
  };
}

/** Viewers that went without a word would keep their places. */
function keepAwake(webSocket: WebSocket): void {
  let hasAnswered = true;
  webSocket.on('pong', () => (hasAnswered = true));
  const timer = setInterval(() => {
    if (!hasAnswered) webSocket.terminate();
    hasAnswered = false;
    webSocket.ping();
  }, viewers.pingMs);
  webSocket.on('close', () => {
    clearInterval(timer);
  });
}

function refuse(socket: Duplex, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ code, message });
  // Nothing else ends a connection that was to be a WebSocket: half open, it would keep its place for good.
  socket.once('finish', () => socket.destroy());
  socket.end(
    [
      `HTTP/1.1 ${status} Refused`,
      'Connection: close',
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
