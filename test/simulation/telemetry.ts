/** Log of the hosts, searched as it comes. Nobody counts or measures here. */
import type { LogFields, LogLevel, Telemetry } from '../../actors/ports.ts';

export interface Told {
  readonly host: string;
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: LogFields;
}

export class SimTelemetry {
  readonly #heard: (told: Told) => void;

  constructor(heard: (told: Told) => void) {
    this.#heard = heard;
  }

  client(host: string): Telemetry {
    return {
      log: (level, fields, text) => {
        this.#heard({ host, level, text, fields });
      },
      count: () => undefined,
      observe: () => undefined,
    };
  }
}
