/** Reads and writes small bodies over loopback HTTP for the simulated machines. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const bodyBytesMax = 65_536;

export function replyText(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, {
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(text),
  });
  res.end(text);
}

export function replyJson(res: ServerResponse, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  res.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  res.end(text);
}

/** @throws Error when the body is larger than 64 KB or the peer goes away */
export async function readBody(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of req) {
    const part = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    bytes += part.length;
    if (bytes > bodyBytesMax) throw new Error('the body is larger than 64 KB');
    chunks.push(part);
  }
  return Buffer.concat(chunks).toString('utf8');
}
