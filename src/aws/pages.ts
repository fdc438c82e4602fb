/** Reads a paged answer to its end: half an answer must never look like a whole one. */
import { ownFault } from './faults.ts';

/** More pages than any account of ours can fill; reached only when a service repeats its token for ever. */
const pagesMax = 100;

/** All items of all pages. @throws CloudFault of the failing page, or `pages.endless` */
export async function allPages<Page extends { NextToken?: string | undefined }, Item>(
  read: (token: string | undefined) => Promise<Page>,
  items: (page: Page) => readonly Item[] | undefined,
): Promise<Item[]> {
  const found: Item[] = [];
  let token: string | undefined;
  for (let page = 0; page < pagesMax; page += 1) {
    const answer = await read(token);
    found.push(...(items(answer) ?? []));
    if (answer.NextToken === undefined || answer.NextToken === '') return found;
    token = answer.NextToken;
  }
  throw ownFault('ProviderError', 'pages.endless', `more than ${pagesMax} pages in one answer`);
}

/** Cuts a list into parts of at most `size`, for calls that take so many values. */
export function inParts<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  return parts;
}
