/** Entries of all hosts, put together from the pages in which they answer. */

/** One line of a registry. Fields beyond these depend on the registry. */
export interface Entry {
  readonly name: string;
  readonly host: string;
  readonly [field: string]: unknown;
}

/** What one host answers to a survey. */
export type SurveyAnswer = Readonly<Record<string, unknown>>;

/** Pages read before something must be wrong with the cursor. */
const pagesMax = 100;

/**
 * @param what is asked for, for the error
 * @param ask one page of every host, from behind a name on; an empty one for the first
 * @returns entries by name and host
 */
export async function surveyPages(
  what: string,
  ask: (after: string) => Promise<readonly SurveyAnswer[]>,
): Promise<readonly Entry[]> {
  const found = new Map<string, Entry>();
  let after = '';
  for (let page = 0; page < pagesMax; page += 1) {
    const answers = await ask(after);
    for (const item of answers.flatMap(itemsOf)) found.set(keyOf(item), item);
    // Hosts end their pages at different names: the next page begins behind the first of these ends.
    const [first] = answers.flatMap(cursorOf).sort();
    if (first === undefined) return inOrder([...found.values()]);
    after = first;
  }
  throw new Error(`the survey of ${what} did not end after ${pagesMax} pages`);
}

/** Of two processes under one name both are shown: the earlier one tells that it is replaced. */
const keyOf = ({ name, host, status }: Entry): string =>
  `${name} ${host} ${status === 'replaced' ? status : ''}`;

function itemsOf({ items }: SurveyAnswer): Entry[] {
  const lines: readonly unknown[] = Array.isArray(items) ? items : [];
  return lines.filter(isEntry);
}

const isEntry = (item: unknown): item is Entry =>
  typeof item === 'object' &&
  item !== null &&
  typeof (item as Partial<Entry>).name === 'string' &&
  typeof (item as Partial<Entry>).host === 'string';

const cursorOf = ({ cursor }: SurveyAnswer): string[] =>
  typeof cursor === 'string' ? [cursor] : [];

const inOrder = (entries: readonly Entry[]): readonly Entry[] =>
  entries.toSorted(
    (left, right) => left.name.localeCompare(right.name) || left.host.localeCompare(right.host),
  );
