/** A day at the inspector: one page over a real stack, from the link of the host's start to a command sent by keys alone. */
import { readFileSync } from 'node:fs';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Why } from '../../src/inspector/api.ts';
import { linkOf } from '../../src/inspector/link.ts';
import { chromiumNote } from '../servers/chromium.ts';
import { fairlead } from '../servers/cli-process.ts';
import { stackWorld } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';
import { applyByCli, readerOf } from './reader.ts';
import type { Reader } from './reader.ts';
import { record, seenBy } from './recorder.ts';
import { inPage, isLeftOut, openWatched } from './watched.ts';
import type { Watched } from './watched.ts';

const signs = { yes: '✔holds: ', no: '✖does not hold: ', unknown: '?unknown: ' };
const verdicts = { yes: 'is allowed', no: 'is refused', unknown: 'may be refused' };

/** As the dialog lists them. */
const reasonsOf = ({ because, needs }: Why): string[] => [
  ...because.map(({ is, text }) => `${signs[is]}${text}`),
  ...needs.map((each) => `?needs: ${each}`),
];

/** As the dialog words the rest. */
function linesOf({ command, allowed, unchanged, state, code, message, path, allowedNext }: Why) {
  const verdict = allowed === 'yes' && unchanged ? 'changes nothing' : verdicts[allowed];
  return [
    `${command} ${verdict} in ${state}${code === '' ? '' : ` ${code}`}`,
    ...(message === '' ? [] : [message]),
    ...(path.length > 0 ? [`Way there: ${path.join(' → ')}`] : []),
    ...(allowed !== 'yes' && allowedNext.length > 0
      ? [`Allowed now: ${allowedNext.join(', ')}`]
      : []),
  ];
}

describe.skipIf(isLeftOut)(`a day at the inspector${chromiumNote}`, () => {
  let world: StackWorld;
  let watched: Watched;
  let context: BrowserContext;
  let page: Page;
  let reader: Reader;
  let origin: string;
  let link: string;
  /** Raised by every load of a document: a reload would show. */
  let loads = 0;

  beforeAll(async () => {
    [world, watched] = await Promise.all([stackWorld({ scale: 40, seed: 71 }), openWatched()]);
    const { inspectorPort = 0, tokenFile = '' } = world.stack.host.ready;
    origin = `http://127.0.0.1:${inspectorPort}`;
    link = linkOf(inspectorPort, readFileSync(tokenFile, 'utf8')) ?? '';
    context = await watched.context();
    page = await context.newPage();
    page.on('domcontentloaded', () => (loads += 1));
    reader = readerOf(page, world);
  });
  afterAll(async () => {
    await world.close();
  });
  beforeEach(async () => {
    // What an earlier test left open by failing would fail all that follow.
    for (let tries = 0; (await reader.dialog.count()) > 0 && tries < 3; tries += 1)
      await page.keyboard.press('Escape');
  });

  const isPaused = async () => {
    const key = { namespace: 'test', kind: 'cluster', name: 'web' } as const;
    const { status } = await world.client.query({ ...key, verb: 'get' });
    return (status as { paused?: boolean }).paused === true;
  };

  it('opens by the link, and keeps the token nowhere that can be read', async () => {
    await page.goto(link);
    await page.locator('.list-foot', { hasText: 'actor' }).waitFor();
    await page.locator('.live-badge.live').waitFor();
    expect(page.url()).toBe(`${origin}/actors`);
    const token = link.split('#t=')[1] ?? '';
    const readable = `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, history.state, document.documentElement.outerHTML])`;
    expect(token.length).toBeGreaterThan(40);
    expect(await inPage<string>(page, readable)).not.toContain(token);
  });

  it('shows a cluster as it is applied, and its states as they come, with the edge that led there', async () => {
    await applyByCli(world, 'web', 1);
    await page.locator('.list-box a.row', { hasText: 'test/web' }).waitFor();
    await reader.choose('web');
    await record(page);
    await reader.statePill('running.steady').waitFor({ timeout: 90_000 });
    const { leaves, taken, stroke, rest } = await seenBy(page);
    console.log(`active in turn: ${leaves.join(' > ')}`);
    expect(new Set(leaves).size).toBeGreaterThan(3);
    expect(leaves.at(-1)).toContain('steady');
    expect(taken).toBeGreaterThan(3);
    // A state that is folded stands for the lines inside it, and there may be none outside.
    if (stroke !== '') expect(stroke).not.toBe(rest);
    expect(loads).toBe(1);
  });

  it('lists every step of the stream', async () => {
    await reader.expectSameSteps('web');
  });

  it('sends a command after a look at what it would do, and shows what it did', async () => {
    await reader.send('pause');
    expect(await reader.dialog.locator('.outcome').textContent()).toContain('cluster/test/web');
    await reader.close();
    await world.until('it is paused', isPaused);
    await reader.command('resume').waitFor();
    await reader.detail.locator('.steps', { hasText: 'pause' }).waitFor();
  });

  it('says of a refused command what `fairlead why` says', async () => {
    const { dialog, detail } = reader;
    const list = (selector: string) => dialog.locator(selector).allTextContents();
    await detail.locator('button.refused-command', { hasText: 'retry' }).click();
    for (const verb of ['retry', 'scale', 'start']) {
      await dialog.getByLabel('Command').selectOption(verb);
      await dialog.locator('.why b', { hasText: RegExp(`^${verb}$`) }).waitFor();
      const ran = await fairlead(world.stack, ['why', verb, 'cluster', 'web', '-n', 'test', '-o', 'json']); // prettier-ignore
      const why = JSON.parse(ran.stdout) as Why;
      expect(await list('.because li')).toEqual(reasonsOf(why));
      expect(await list('.why > p')).toEqual(linesOf(why));
      console.log([verb, ...linesOf(why), ...reasonsOf(why)].join(' | '));
      if (verb !== 'retry') continue;
      expect(why.allowed).toBe('no');
      expect(why.because.map(({ is }) => is)).toContain('no');
    }
    await reader.escape();
  });

  it('deletes nothing before its name is typed', async () => {
    await reader.send('resume');
    await reader.close();
    await reader.command('delete').click();
    const button = reader.dialog.getByRole('button', { name: 'Send delete' });
    await button.waitFor();
    for (const [typed, isHeld] of [
      ['', true],
      ['we', true],
      ['web', false],
    ] as const) {
      await page.locator('#command-confirm').fill(typed);
      expect([typed, await button.isDisabled()]).toEqual([typed, isHeld]);
    }
    await reader.escape();
    expect(await world.state('web')).toBe('running.steady');
  });

  it('goes back in time by key and slider, sends nothing there, and comes back', async () => {
    const { sendable, statePill, contextText } = reader;
    const now = await contextText();
    await page.keyboard.press('[');
    await page.locator('.past-banner', { hasText: 'the past. Commands are off.' }).waitFor();
    await page.getByLabel('Step', { exact: true }).fill('4');
    await expect.poll(() => page.url()).toMatch(/[?&]at=4$/);
    await expect.poll(contextText).not.toBe(now);
    expect(await sendable.count()).toBe(0);
    expect(await page.locator('.chart .enabled:not(.head)').count()).toBe(0);
    const there = [await contextText(), await statePill('').first().textContent()];
    const other = await context.newPage();
    await other.goto(page.url());
    await other.locator('.past-banner').waitFor();
    await other.locator('.detail .json').waitFor();
    expect([
      await other.locator('.detail .json').textContent(),
      await other.locator('.state-pill').first().textContent(),
    ]).toEqual(there);
    await other.close();
    await page.locator('.time-bar button.live').click();
    await page.locator('.past-banner').waitFor({ state: 'detached' });
    await sendable.first().waitFor();
    await expect.poll(() => page.url()).not.toContain('at=');
    await expect.poll(contextText).toBe(now);
  });

  it('opens the machines inside with their own state, and leads back', async () => {
    await page.locator('.machines a', { hasText: 's0' }).click();
    await page.getByLabel(/^(Chart|Overview) of node/).waitFor();
    await page.locator('.chart .node.active').first().waitFor();
    await page.locator('.state-pill', { hasText: /^ready/ }).waitFor();
    await page.locator('.crumbs a').first().click();
    await page.getByLabel(/^(Chart|Overview) of cluster/).waitFor();
    await reader.statePill('running.steady').waitFor();
  });

  it('is worked by keys alone: filter, open, why, preview, send, step back', async () => {
    const { sendable, dialog, tabTo, chooseByKeys } = reader;
    const { keyboard } = page;
    await page.goto(`${origin}/actors`);
    await page.locator('.list-box a.row').first().waitFor();
    await keyboard.press('/');
    await keyboard.type('name:web kind:cluster');
    await page.locator('.list-foot', { hasText: /^1 actor/ }).waitFor();
    await keyboard.press('Enter');
    await page.locator('.row.at-cursor', { hasText: 'test/web' }).waitFor();
    await keyboard.press('Enter');
    await page.locator('.crumbs .here', { hasText: 'test/web' }).waitFor();
    await sendable.first().waitFor();

    await keyboard.press('w');
    await tabTo('Command');
    await chooseByKeys('retry');
    await dialog.locator('.because .no').first().waitFor();
    await reader.escape();

    await keyboard.press('e');
    await tabTo('Command');
    await chooseByKeys('pause');
    await tabTo('reason');
    await keyboard.type('by keys');
    await keyboard.press('Enter');
    await dialog.locator('.moved').waitFor();
    await reader.sendByKeys('pause');
    await reader.escape();
    await world.until('it is paused', isPaused);

    await keyboard.press('[');
    await page.locator('.past-banner').waitFor();
    await keyboard.press('l');
    await page.locator('.past-banner').waitFor({ state: 'detached' });
    await reader.send('resume');
    await reader.close();
  });

  it('called nobody but its host in all that time, and broke no rule', async () => {
    expect(watched.complaints).toEqual([]);
    const asked = await watched.close();
    expect(asked.filter((each) => !each.startsWith(`${origin}/`))).toEqual([]);
    expect(asked).toContain(`${origin}/api/stream`);
    expect(asked.length).toBeGreaterThan(30);
  });
});
