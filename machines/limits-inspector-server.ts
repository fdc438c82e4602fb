/** Bounds of the inspector's HTTP server. */
import { indexLimits } from './limits-inspector.ts';

export const inspectorServer = {
  bodyBytesMax: 256 * 1024,
  headerBytesMax: 16 * 1024,
  connectionsMax: 500,
  /** Commands of one login. */
  commandsPerSecond: 10,
  /** Tries to log in with a wrong token, of everybody together. */
  wrongTokensPerSecond: 5,
  /** A cookie ends after this; the page then asks for the token again. */
  sessionMs: 12 * 3_600_000,
  /** Log-outs that are remembered until their cookies end by themselves. */
  endedSessionsMax: 10_000,
  loginsMax: 1_000,
  tokenCharactersMin: 32,
  allowedHostsMax: 50,
  headersMs: 5_000,
  requestMs: 30_000,
  commandMs: 15_000,
  readMs: 5_000,
  drainMs: 1_000,
  auditEntriesMax: 500,
  auditEntriesDefault: 100,
  /** Newest messages of each stream that one look at the audit goes through. */
  auditMessagesMax: 5_000,
  auditBackMs: 24 * 3_600_000,
  /** The same messages serve all looks within this time. */
  auditFreshMs: 1_000,
  auditTextMax: 300,
  /** One survey of the measurements serves all looks within this time. */
  kpiFreshMs: 2_000,
  stepsMax: 500,
  rowsMax: 200,
  queryCharactersMax: indexLimits.queryLengthMax,
  argumentsCharactersMax: 8_000,
} as const;
