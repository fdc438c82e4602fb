// The nats-server this version needs.
import { resolveTool } from './tool.mjs';

/** Older servers lose committed revisions after a crash, or lose streams (2.10.20 to 2.10.22). */
export const NATS_VERSION_FLOOR = '2.10.23';

/** @type {import('./tool.mjs').Wanted} */
const wanted = {
  name: 'nats-server',
  debian: 'nats-server',
  floor: NATS_VERSION_FLOOR,
  whyNotOlder: 'it loses committed revisions after a crash',
  variable: 'NATS_SERVER_BIN',
  fetchVariable: 'FAIRLEAD_NATS_FETCH',
  remedies: [
    'Debian 13 or newer: sudo apt install nats-server',
    'any system: put a release of nats-io/nats-server on PATH, or set NATS_SERVER_BIN=/path/to/nats-server',
    'with Go: go install github.com/nats-io/nats-server/v2@v2.14.4, then set NATS_SERVER_BIN',
    'with Docker, instead of this command: docker compose up',
  ],
};

/** @param {Parameters<typeof resolveTool>[1]} step */
export const resolveNatsServer = (step) => resolveTool(wanted, step);
