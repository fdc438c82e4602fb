/** Sends an answer, or what a fault makes of it. */
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { FaultAct } from './faults.ts';

/** True for the acts after which nothing has been done: the call must not reach the cloud. */
export function isBefore(act: FaultAct): boolean {
  return ['error', 'hangupBefore', 'rst', 'html500'].includes(act.kind);
}

export function send(res: ServerResponse, answer: Answer, requestId: string, act?: FaultAct): void {
  const headers = {
    'content-type': answer.contentType,
    'content-length': String(Buffer.byteLength(answer.body)),
    'x-amzn-requestid': requestId,
  };
  switch (act?.kind) {
    case undefined:
    case 'error':
      res.writeHead(answer.status, {
        ...headers,
        ...(act?.retryAfterSeconds === undefined
          ? {}
          : { 'retry-after': String(act.retryAfterSeconds) }),
      });
      res.end(answer.body);
      return;
    case 'hangupBefore':
    case 'hangupAfter':
      res.socket?.end();
      res.socket?.destroySoon();
      return;
    case 'rst':
      res.socket?.resetAndDestroy();
      return;
    case 'cutBody':
      res.writeHead(answer.status, headers);
      res.write(answer.body.slice(0, answer.body.length / 2), () => res.socket?.destroySoon());
      return;
    case 'stall':
      res.writeHead(answer.status, headers);
      res.write(answer.body.slice(0, answer.body.length / 2));
      return;
    case 'delay':
      setTimeout(() => {
        send(res, answer, requestId);
      }, act.ms);
      return;
    case 'html500':
      res.writeHead(500, { 'content-type': 'text/html' });
      res.end('<html><body><h1>500 Internal Server Error</h1></body></html>');
      return;
    case 'emptyBody':
      res.writeHead(200, { ...headers, 'content-length': '0' });
      res.end();
      return;
    case 'dateSkew':
      res.writeHead(answer.status, {
        ...headers,
        date: new Date(Date.now() + act.ms).toUTCString(),
      });
      res.end(answer.body);
  }
}
