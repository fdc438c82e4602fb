/** Sends an answer, or what a fault makes of it. */
import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.ts';
import type { FaultAct } from './faults.ts';

type Headers = Readonly<Record<string, string | number>>;

/** True for the acts after which nothing has been done: the call must not reach the cloud. */
export function isBefore(act: FaultAct): boolean {
  return ['error', 'hangupBefore', 'hold', 'late', 'rst', 'html500'].includes(act.kind);
}

export function send(res: ServerResponse, answer: Answer, requestId: string, act?: FaultAct): void {
  if (act === undefined || (act.kind === 'late' && act.reply === '503'))
    sendWhole(res, answer, requestId);
  else if (!isSilent(act)) sendTroubled(res, answer, requestId, act);
}

type Silent = Extract<FaultAct, { kind: 'hold' | 'late' }>;

/** Nothing is ever sent: the client's own time-out, or its death, ends it. */
const isSilent = (act: FaultAct): act is Silent => act.kind === 'hold' || act.kind === 'late';

function sendWhole(
  res: ServerResponse,
  answer: Answer,
  requestId: string,
  extra: Headers = {},
): void {
  res.writeHead(answer.status, { ...headersOf(answer, requestId), ...extra });
  res.end(answer.body);
}

function sendTroubled(
  res: ServerResponse,
  answer: Answer,
  requestId: string,
  act: Exclude<FaultAct, Silent>,
): void {
  switch (act.kind) {
    case 'error':
      sendWhole(
        res,
        answer,
        requestId,
        act.retryAfterSeconds === undefined ? {} : { 'retry-after': String(act.retryAfterSeconds) },
      );
      return;
    case 'hangupBefore':
    case 'hangupAfter':
      res.socket?.destroySoon();
      return;
    case 'rst':
      res.socket?.resetAndDestroy();
      return;
    case 'cutBody':
    case 'stall':
      sendHalf(res, answer, requestId, act.kind === 'cutBody');
      return;
    case 'delay':
      setTimeout(() => {
        sendWhole(res, answer, requestId);
      }, act.ms);
      return;
    case 'html500':
      res.writeHead(500, { 'content-type': 'text/html' });
      res.end('<html><body><h1>500 Internal Server Error</h1></body></html>');
      return;
    case 'emptyBody':
      sendWhole(res, { ...answer, body: '' }, requestId);
      return;
    case 'dateSkew':
      sendWhole(res, answer, requestId, { date: new Date(Date.now() + act.ms).toUTCString() });
  }
}

/** Half of the body; then the connection closes, or stays open and silent. */
function sendHalf(res: ServerResponse, answer: Answer, requestId: string, isCut: boolean): void {
  res.writeHead(answer.status, headersOf(answer, requestId));
  res.write(answer.body.slice(0, answer.body.length / 2), () => {
    if (isCut) res.socket?.destroySoon();
  });
}

function headersOf(answer: Answer, requestId: string): Headers {
  return {
    'content-type': answer.contentType,
    'content-length': Buffer.byteLength(answer.body),
    'x-amzn-requestid': requestId,
  };
}
