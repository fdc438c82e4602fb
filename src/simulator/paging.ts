/** Pages over a sorted list. The token names the last id served, so it stays good while rows come and go. */

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken?: string;
}

/**
 * @param sizeMax undefined: everything that is left in one page
 * @param refuse what to throw for a token that this simulator did not give out
 */
export function paginate<Item>(
  items: readonly Item[],
  idOf: (item: Item) => string,
  sizeMax: number | undefined,
  token: string | undefined,
  refuse: () => Error,
): Page<Item> {
  const sorted = [...items].sort((left, right) => (idOf(left) < idOf(right) ? -1 : 1));
  const after = token === undefined ? undefined : readToken(token, refuse);
  const rest = after === undefined ? sorted : sorted.filter((item) => idOf(item) > after);
  if (sizeMax === undefined || rest.length <= sizeMax) return { items: rest };
  const page = rest.slice(0, sizeMax);
  const last = page.at(-1);
  if (last === undefined) return { items: page };
  return { items: page, nextToken: Buffer.from(`after:${idOf(last)}`).toString('base64') };
}

function readToken(token: string, refuse: () => Error): string {
  const text = Buffer.from(token, 'base64').toString('utf8');
  if (!text.startsWith('after:')) throw refuse();
  return text.slice('after:'.length);
}
