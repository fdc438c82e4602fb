/** Who may talk to the simulator at all: this machine's programs, never a page in a browser that found the port. */
import type { IncomingMessage } from 'node:http';

/** Why the request is turned away; undefined when it may come in. */
export function refusalAtDoor(req: IncomingMessage): string | undefined {
  if (req.headers.origin !== undefined) return 'requests of browsers are refused';
  const host = (req.headers.host ?? '').replace(/:\d+$/, '');
  return host === '127.0.0.1' || host === 'localhost' ? undefined : `host ${host} is not ours`;
}

/** The side path is for whoever can read the key file: its whole line, or its key id, in `x-sim-key`. */
export function mayControl(
  req: IncomingMessage,
  vault: { readonly accessKey: string; readonly accessKeyId: string },
): boolean {
  const given = req.headers['x-sim-key'];
  return given === vault.accessKey || given === vault.accessKeyId;
}
