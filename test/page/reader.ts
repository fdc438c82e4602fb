/** What a reader of the page does over a stack, and the facts it is compared with. */
import type { Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { connectNats } from '../../src/nats/connection.ts';
import { readSteps } from '../../src/nats/step-reader.ts';
import { fairlead } from '../servers/cli-process.ts';
import { manifest } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';
import { seenBy } from './recorder.ts';
import { inPage } from './watched.ts';

/** Steps that the page lists at most. */
export const LISTED_MAX = 80;

export interface Reader {
  readonly page: Page;
  readonly detail: Locator;
  readonly dialog: Locator;
  /** Buttons of commands that may be sent now. */
  readonly sendable: Locator;
  statePill(text: string): Locator;
  command(verb: string): Locator;
  contextText(): Promise<string | null>;
  /** Opens an actor of the list. */
  choose(name: string): Promise<void>;
  /** Preview, then the button; looks again as often as the actor has moved on meanwhile. */
  send(verb: string): Promise<void>;
  /** The same by the keyboard, from an open dialog on. */
  sendByKeys(verb: string): Promise<void>;
  /** Ends a dialog by its button. */
  close(): Promise<void>;
  /** Ends a dialog by Escape. */
  escape(): Promise<void>;
  /** Tab by tab, as far as one has to go in a dialog. */
  tabTo(name: string): Promise<void>;
  /** An option of the list that has the focus. */
  chooseByKeys(option: string): Promise<void>;
  /** Numbers of the steps that the page lists, newest first. */
  listed(): Promise<number[]>;
  /** The list is what the stream holds, as far as it goes, and no step was ever there twice. */
  expectSameSteps(name: string): Promise<void>;
}

const TRIES_MAX = 5;

export function readerOf(page: Page, world: StackWorld): Reader {
  const detail = page.locator('.detail');
  const dialog = page.locator('dialog');
  const button = (name: string) => dialog.getByRole('button', { name, exact: true });
  const listed = () =>
    inPage<number[]>(
      page,
      `[...document.querySelectorAll('.steps .step > a:first-child')].map((each) => Number(new URLSearchParams(each.search).get('at')))`,
    );
  const focused = <Value>(of: string) =>
    inPage<Value>(page, `((at) => ${of})(document.activeElement)`);
  const tabTo = async (name: string) => {
    // Its code comes with the first dialog: before it is there, Tab would go through the page behind.
    await dialog.locator('header').waitFor();
    for (let presses = 0; presses < 30; presses += 1) {
      const text = await focused<string>(
        'at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent',
      );
      if (text.trim() === name) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`no way to ${name} by Tab`);
  };
  /** The actor may have moved on since the preview: one looks again. */
  const sendBy = async (verb: string, press: (name: string) => Promise<void>) => {
    const done = dialog.getByText(`${verb} was taken`);
    const refused = dialog.getByRole('alert');
    const changed = dialog.getByText('It has changed since you looked');
    for (let tries = 0; tries < TRIES_MAX; tries += 1) {
      await press('Preview');
      await dialog.locator('.moved').waitFor();
      await changed.waitFor({ state: 'detached' });
      await press(`Send ${verb}`);
      await done.or(refused).or(changed).first().waitFor();
      if (await done.isVisible()) return;
      if (await refused.isVisible())
        expect(await refused.textContent()).toContain('revision.conflict');
    }
    throw new Error(`${verb} was not taken in ${TRIES_MAX} tries`);
  };

  const reader: Reader = {
    ...{ page, detail, dialog, listed, tabTo },
    sendable: page.locator('button.command:not([disabled])'),
    statePill: (text) => page.locator('.state-pill', { hasText: text }),
    command: (verb) =>
      page
        .locator('button.command')
        .filter({ has: page.locator('b', { hasText: RegExp(`^${verb}$`) }) }),
    contextText: () => detail.locator('.json').textContent(),
    async choose(name) {
      await page.locator('.list-box a.row', { hasText: `test/${name}` }).click();
      await page.locator('.crumbs .here', { hasText: `test/${name}` }).waitFor();
      await page.locator('.chart .node:is(.active, .entered)').first().waitFor();
    },
    async send(verb) {
      await reader.command(verb).click();
      await dialog.getByLabel('reason').fill('a look at it');
      await sendBy(verb, (name) => button(name).click());
    },
    sendByKeys: (verb) =>
      sendBy(verb, async (name) => {
        await tabTo(name);
        await page.keyboard.press('Enter');
      }),
    async close() {
      await button('Close').last().click();
      await dialog.waitFor({ state: 'detached' });
    },
    async escape() {
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });
    },
    async chooseByKeys(option) {
      // Not by its letters: the browser forgets the first ones when the others come late.
      await page.keyboard.press('Home');
      const options = await focused<number>('at.options.length');
      for (let presses = 0; presses < options; presses += 1) {
        if ((await focused<string>('at.value')) === option) return;
        await page.keyboard.press('ArrowDown');
      }
      throw new Error(`no option ${option} by keys`);
    },
    async expectSameSteps(name) {
      await detail.getByRole('button', { name: 'all', exact: true }).click();
      await detail.locator('.steps a').first().waitFor();
      const onlyInOne = async () => {
        const stored = (await storedIn(world, name)).slice(0, LISTED_MAX);
        const shown = await listed();
        return [
          ...stored.filter((seq) => !shown.includes(seq)),
          ...shown.filter((seq) => !stored.includes(seq)),
        ];
      };
      // Both go on while they are compared.
      await expect.poll(onlyInOne, { interval: 250 }).toEqual([]);
      expect((await seenBy(page)).doubled).toEqual([]);
    },
  };
  return reader;
}

/** Numbers of an actor's steps in the stream, newest first. */
async function storedIn({ stack: { nats, keys } }: StackWorld, name: string): Promise<number[]> {
  const connection = await connectNats({
    ...{ url: nats.ready.url, nkeySeedFile: keys.cliSeedFile },
    ...{ name: 'story', inboxPrefix: '_INBOX_cli' },
  });
  try {
    const key = { namespace: 'test', kind: 'cluster', name } as const;
    const { steps } = await readSteps(connection, key, { limit: 2_000 });
    return steps.map(({ seq }) => seq).reverse();
  } finally {
    await connection.close();
  }
}

/** Applies a cluster as a person does, by the CLI. */
export async function applyByCli(
  { stack }: StackWorld,
  name: string,
  servers: number,
  agents = 0,
): Promise<void> {
  const ran = await fairlead(
    stack,
    ['apply', '-f', '-'],
    JSON.stringify(manifest(name, servers, agents)),
  );
  expect([ran.exit, ran.stderr]).toEqual([0, '']);
}
