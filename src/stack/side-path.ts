/** The simulator's side path: its books, its log of calls, and what it is told to do wrong. */
import { readFileSync } from 'node:fs';
import type { SimulatorReady } from './simulator.ts';

export type SimulatorDoor = Pick<SimulatorReady, 'endpoint' | 'accessKeyFile'>;

/**
 * One request; `path` without the leading `/_sim/`, as `state` or `log?op=RunInstances`.
 * @throws Error with status and text of a refusal; whatever `fetch` throws when there is no answer before the signal
 */
export async function sidePath(
  { endpoint, accessKeyFile }: SimulatorDoor,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  { body, signal }: { readonly body?: object | undefined; readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  const reply = await fetch(`${endpoint}/_sim/${path}`, {
    method,
    headers: { 'x-sim-key': readFileSync(accessKeyFile, 'utf8').trim() },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!reply.ok)
    throw new Error(
      `the simulator answers ${reply.status} to ${method} ${path}: ${await reply.text()}`,
    );
  return reply.json();
}
