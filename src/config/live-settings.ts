/** The settings of the moment: read again on SIGHUP. A file that is refused changes nothing. */
import { messageOf } from '../../actors/faults.ts';
import type { Log } from '../log.ts';
import type { HostConfig } from './host-config.ts';
import { resolveSettings } from './settings.ts';
import type { Settings, SettingSources } from './settings.ts';
import type { Written } from './values.ts';

export interface LiveSettingsOptions {
  readonly config: HostConfig;
  readonly flags: Readonly<Record<string, Written>>;
  /** Of this process: it stays as it was at the start. */
  readonly environment: SettingSources['environment'];
  /** Reads the config file again. @throws ConfigError */
  readonly read: () => Promise<HostConfig>;
}

export class LiveSettings {
  readonly #options: LiveSettingsOptions;
  readonly #listeners: ((settings: Settings) => void)[] = [];
  #current: Settings;

  /** @throws ConfigError with every problem of flags, variables and file */
  constructor(options: LiveSettingsOptions) {
    this.#options = options;
    this.#current = this.#resolve(options.config);
  }

  get current(): Settings {
    return this.#current;
  }

  /** Told of every change, after it holds. */
  onChange(listener: (settings: Settings) => void): void {
    this.#listeners.push(listener);
  }

  /** Never rejects: what is wrong is logged, and the settings stay. */
  async reload(log: Log): Promise<void> {
    try {
      const config = await this.#options.read();
      const before = this.#current;
      this.#current = this.#resolve(config);
      for (const listener of this.#listeners) listener(this.#current);
      const fields = { tag: 'CONFIG', changed: changesBetween(before, this.#current) };
      log('info', fields, `[CONFIG] settings read again, ${fields.changed.length} changed`);
      const sections = restartSections.filter(
        (name) => JSON.stringify(config[name]) !== JSON.stringify(this.#options.config[name]),
      );
      if (sections.length > 0)
        log('warn', { tag: 'CONFIG', sections }, '[CONFIG] these sections change with a restart');
    } catch (thrown) {
      const fields = { tag: 'CONFIG', reason: messageOf(thrown) };
      log('error', fields, '[CONFIG] the file is refused; settings stay as they are');
    }
  }

  #resolve(file: HostConfig): Settings {
    const { flags, environment } = this.#options;
    return resolveSettings({ flags, environment, file });
  }
}

/** Read once, at the start. */
const restartSections = [
  ...(['dataDir', 'hostId', 'nats', 'aws'] as const),
  ...(['artifacts', 'pacing', 'http', 'log'] as const),
];

function changesBetween(before: Settings, after: Settings): string[] {
  const values = new Map(before.entries.map(({ name, value }) => [name, value]));
  const settings = after.entries
    .filter(({ name, value }) => values.get(name) !== value)
    .map(({ name, value }) => `${name}: ${values.get(name) ?? 'unset'} → ${value}`);
  const names = Object.keys({ ...before.retryPolicies, ...after.retryPolicies });
  const policies = names
    .filter(
      (name) =>
        JSON.stringify(before.retryPolicies[name]) !== JSON.stringify(after.retryPolicies[name]),
    )
    .map((name) => `retry policy ${name}`);
  const gone = before.entries
    .filter(({ name }) => !after.entries.some((entry) => entry.name === name))
    .map(({ name }) => `${name}: unset`);
  return [...settings, ...gone, ...policies];
}
