/** What keeps a text from being JSON, told without the text: it goes to replies, dead letters and logs. */

/** @param thrown  by JSON.parse, or by a decoder of what it was to read */
export function jsonFlaw(thrown: unknown): string {
  if (!(thrown instanceof SyntaxError)) return 'not UTF-8';
  // The engine quotes what stands around the flaw, and that may be a secret.
  return thrown.message.replace(/, (?:\.\.\.)?".*$/s, '');
}
