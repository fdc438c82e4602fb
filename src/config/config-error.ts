/** A config file or a setting that cannot be used. The message names what, where, the expectation and the remedy. */
export class ConfigError extends Error {
  readonly code = 'config.invalid';
}
