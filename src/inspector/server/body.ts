/** Bodies of requests: JSON of a bounded size. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { jsonFlaw } from '../../../actors/json-flaw.ts';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import { Refusal, refusal } from './refusal.ts';

/** @throws Refusal 413 when it is too large, 400 when it is no JSON or ends early */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const told = Number(request.headers['content-length'] ?? 0);
  if (told > limits.bodyBytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  // Not destroyed at the end: the answer still has to go out.
  const coming = request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of coming) {
      size += chunk.length;
      if (size > limits.bodyBytesMax) throw tooLarge();
      chunks.push(chunk);
    }
  } catch (error) {
    // The asker went away in the middle of it, which is no fault of ours.
    throw error instanceof Refusal ? error : refusal('badRequest', 'the body ended early');
  }
  const text = Buffer.concat(chunks).toString('utf8');
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch (error) {
    throw refusal('badRequest', `the body is no JSON: ${jsonFlaw(error)}; correct it`);
  }
}

const tooLarge = () =>
  refusal('tooLarge', `the body is larger than ${limits.bodyBytesMax} bytes; send less`);

/**
 * A value from outside in the form wanted.
 * @throws Refusal 400 with every fault: path and what was expected
 */
export function checked<S extends z.ZodType>(schema: S, value: unknown, what: string): z.infer<S> {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const problems = found.error.issues.map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }));
  const [first] = problems;
  const where = first === undefined || first.path === '' ? what : `${what}, ${first.path}`;
  throw refusal('badRequest', `${where}: ${first?.message ?? 'refused'}; correct and send again`, {
    problems,
  });
}
