// How set-up steps fail and report: an error a user can act on, and spelled sizes and times.

/** A failure whose message already says what to do next; shown without a stack. */
export class SetupError extends Error {}

/** @param {number} startedAtMs */
export const secondsSince = (startedAtMs) => `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;

/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1_000_000).toFixed(1)} MB`;

/** The end of a tool's output, where its reason usually stands. @param {string} text @param {number} lines */
export const tail = (text, lines = 20) => text.trim().split('\n').slice(-lines).join('\n');
