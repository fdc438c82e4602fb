/** JSON in few words. */

const SHORT_CHARS = 80;

/** In one line, cut at 80 characters; `-` for what is not there. */
export function shortJson(value: unknown): string {
  if (value === undefined) return '-';
  const text = JSON.stringify(value);
  return text.length <= SHORT_CHARS ? text : `${text.slice(0, SHORT_CHARS - 1)}…`;
}
