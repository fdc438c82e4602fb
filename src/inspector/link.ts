/** Links that log a browser in: the token stands behind the #, which browsers send to nobody. */

/** Of the first login of a token file with the most rights; undefined when the file has none. */
export function linkOf(port: number, tokenLines: string): string | undefined {
  const logins = tokenLines.split('\n').map((line) => line.trim().split(/\s+/));
  const found = ['admin', 'operator', 'viewer']
    .map((role) => logins.find((words) => words[0] === role && words.length === 3))
    .find((words) => words !== undefined);
  return found?.[2] === undefined ? undefined : `http://127.0.0.1:${port}/#t=${found[2]}`;
}
