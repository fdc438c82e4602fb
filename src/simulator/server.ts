/** The HTTP face of the simulator: the door, the AWS endpoint at `POST /`, the side path, and the machines' own paths. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { ZodError, z } from 'zod';
import { answer, callerOf } from './answer.ts';
import type { Answer } from './answer.ts';
import { control } from './control.ts';
import type { Control } from './control.ts';
import { mayControl, refusalAtDoor } from './door.ts';
import { AwsError } from './errors.ts';
import type { FaultAct, FaultRow } from './faults.ts';
import type { NodeHalf } from './node/half.ts';
import { isBefore, send } from './reply.ts';
import type { Throttle } from './throttle.ts';
import { protocols, readWireCall } from './wire.ts';
import type { WireCall } from './wire.ts';
import type { Caller } from './world.ts';

export interface ServerParts {
  readonly control: Control;
  readonly throttle: Throttle;
  readonly nodes: Pick<NodeHalf, 'handle'>;
}

const bodyMaxBytes = 1024 * 1024;

/** Idle connections stay open: a server that closes them first makes a client's next call fail by chance. */
const keepAliveMs = 10 * 60_000;

export function createHttpServer(parts: ServerParts): Server {
  const server = createServer((req, res) => {
    serve(parts, req, res).catch((error: unknown) => {
      if (res.headersSent) res.destroy();
      else refuse(res, isCallersFault(error) ? 400 : 500, describe(error));
    });
  });
  server.keepAliveTimeout = keepAliveMs;
  return server;
}

async function serve(parts: ServerParts, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const refusal = refusalAtDoor(req);
  if (refusal !== undefined) {
    refuse(res, 403, refusal);
    return;
  }
  const asked = req.url ?? '/';
  if (!URL.canParse(asked, 'http://127.0.0.1')) {
    refuse(res, 400, 'the request line names no path');
    return;
  }
  const url = new URL(asked, 'http://127.0.0.1');
  const isControl = url.pathname.startsWith('/_sim/');
  if (isControl && !mayControl(req, parts.control.world.vault)) {
    refuse(res, 403, 'the header x-sim-key must hold the access key');
    return;
  }
  if (parts.nodes.handle(req, res, url.pathname)) return;
  if (isControl) await serveControl(parts, req, res, url);
  else if (req.method === 'POST' && url.pathname === '/') await serveAws(parts, req, res);
  else refuse(res, 404, 'EC2 and SSM are at POST /');
}

async function serveControl(
  parts: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
  url: URL,
): Promise<void> {
  const { status, body } = control(parts.control, {
    method: req.method ?? 'GET',
    path: url.pathname.slice('/_sim/'.length),
    query: url.searchParams,
    body: await readBody(req),
  });
  replyJson(res, status, body);
}

async function serveAws(
  parts: ServerParts,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const call = readWireCall(req.headers, await readBody(req));
  if (typeof call === 'string') {
    refuse(res, 403, call);
    return;
  }
  const requestId = randomUUID();
  const caller = callerOf(parts.control.world, call.accessKeyId);
  const fault = caller === undefined ? undefined : parts.control.faults.take(call);
  const result = settle(parts, call, caller, fault, requestId);
  parts.control.log.add(call, {
    caller: caller === undefined ? 'unknown' : nameOf(caller),
    status: result.status,
    ...(result.code === undefined ? {} : { code: result.code }),
    ...(fault === undefined ? {} : { fault: fault.act.kind }),
  });
  send(res, result, requestId, fault?.act);
}

/** What the cloud answers: nothing is done when the fault strikes before the call. */
function settle(
  parts: ServerParts,
  call: WireCall,
  caller: Caller | undefined,
  fault: FaultRow | undefined,
  requestId: string,
): Answer {
  const protocol = protocols[call.service];
  const { contentType } = protocol;
  if (fault === undefined || !isBefore(fault.act)) {
    return answer(parts.control.world, parts.throttle, call, caller, requestId);
  }
  if (fault.act.kind === 'late') return comeLate(parts, call, caller, fault.act);
  if (fault.act.kind !== 'error') return { status: 0, contentType, body: '' };
  const { status, code } = fault.act;
  return { status, code, contentType, body: protocol.formatError(fault.act, requestId) };
}

/** Does the call later, when its caller has long given up; a row of the log of its own tells of it. */
function comeLate(
  parts: ServerParts,
  call: WireCall,
  caller: Caller | undefined,
  act: FaultAct & { kind: 'late' },
): Answer {
  const { world } = parts.control;
  const protocol = protocols[call.service];
  world.clock.at(world.clock.nowMs() + world.clock.scaled(act.ms), () => {
    const { status, code } = answer(world, parts.throttle, call, caller, randomUUID());
    const by = caller === undefined ? 'unknown' : nameOf(caller);
    const what = { caller: by, status, fault: 'landed', ...(code === undefined ? {} : { code }) };
    parts.control.log.add(call, what);
  });
  const refusal = new AwsError('ServiceUnavailable', 'The service is unavailable. Try again.');
  const { code, status } = refusal;
  const body = protocol.formatError(refusal, randomUUID());
  return { status, code, contentType: protocol.contentType, body };
}

function nameOf(caller: Caller): string {
  return caller.kind === 'owner' ? 'owner' : caller.instanceId;
}

async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bodyMaxBytes)
      throw new SyntaxError(`the body is larger than ${String(bodyMaxBytes)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function isCallersFault(error: unknown): boolean {
  return error instanceof ZodError || error instanceof SyntaxError;
}

function describe(error: unknown): string {
  if (error instanceof ZodError) return z.prettifyError(error);
  return error instanceof Error ? error.message : String(error);
}

function refuse(res: ServerResponse, status: number, why: string): void {
  replyJson(res, status, { error: why });
}

function replyJson(res: ServerResponse, status: number, body: object): void {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
