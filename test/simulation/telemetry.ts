/** Log of the hosts: searched as it comes, the newest lines kept for those who look for a cause. */
import type { LogFields, LogLevel, Telemetry } from '../../actors/ports.ts';

export interface Told {
  readonly host: string;
  readonly level: LogLevel;
  readonly text: string;
  readonly fields: LogFields;
}

export class SimTelemetry {
  /** Times each counter was moved, by name. */
  readonly counts = new Map<string, number>();
  readonly #heard: (told: Told) => void;

  constructor(heard: (told: Told) => void) {
    this.#heard = heard;
  }

  client(host: string): Telemetry {
    return {
      log: (level, fields, text) => {
        this.#heard({ host, level, text, fields });
      },
      count: (metric, _labels, by = 1) => {
        this.counts.set(metric, (this.counts.get(metric) ?? 0) + by);
      },
      observe: () => undefined,
    };
  }
}
