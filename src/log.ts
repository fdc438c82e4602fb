/** Log lines as JSON on stderr (pino); pretty ones for people. Secrets are cut by path before anything is written. */
import { pino } from 'pino';
import type { Logger } from 'pino';
import type { LogFields, LogLevel } from '../actors/ports.ts';

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  /** One readable line instead of JSON. */
  readonly pretty: boolean;
  /** Fields on every line, e.g. the host id. */
  readonly base: LogFields;
}

/** Never wanted in a line. Fields are flat, so no deeper paths are searched: wildcards cost a tenth of a command. */
const redacted = ['secret', 'token', 'password', 'secretAccessKey', 'sessionToken', 'seed'];

export type Log = (level: LogLevel, fields: LogFields, message: string) => void;

export interface OpenLog {
  readonly log: Log;
  /** Writes what is buffered; to be awaited before the process ends. */
  readonly flush: () => Promise<void>;
}

export function openLog({ level, pretty, base }: LogOptions): OpenLog {
  const options = {
    level,
    base,
    messageKey: 'msg',
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: redacted, censor: '[redacted]' },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const logger: Logger = pretty
    ? pino({
        ...options,
        transport: { target: 'pino-pretty', options: { destination: 2, singleLine: true } },
      })
    : pino(options, pino.destination({ dest: 2, sync: true }));
  return {
    log: (severity, fields, message) => {
      logger[severity](fields, message);
    },
    flush: () =>
      new Promise((resolve) => {
        logger.flush(() => {
          resolve();
        });
      }),
  };
}
