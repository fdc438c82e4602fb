/** Ports on loopback that are kept between starts, so that printed addresses stay true. */
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { writeWhole } from './whole-file.ts';

export interface KeptPort {
  /** The port of the last start if it is still free, else the preferred one, else 0: any. */
  wish(): Promise<number>;
  keep(port: number): void;
}

/**
 * @param given  this one, free or not
 * @param preferred  where there was no last start, or its port is taken
 */
export function keptPort(file: string, given?: number, preferred = 0): KeptPort {
  return {
    wish: async () => {
      if (given !== undefined) return given;
      for (const port of [lastPort(file), preferred])
        if (port !== 0 && (await isFree(port))) return port;
      return 0;
    },
    keep: (port) => writeWhole(file, `${port}\n`),
  };
}

function lastPort(file: string): number {
  try {
    const port = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  } catch {
    return 0; // First start.
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
