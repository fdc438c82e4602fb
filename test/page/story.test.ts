/** A day at the inspector: one page over a real stack, from the link of the host's start to the loss of host and NATS. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Why } from '../../src/inspector/api.ts';
import { linkOf } from '../../src/inspector/link.ts';
import { connectNats } from '../../src/nats/connection.ts';
import { readSteps } from '../../src/nats/step-reader.ts';
import { packageRoot } from '../../src/package-root.ts';
import { chromiumNote } from '../servers/chromium.ts';
import { fairlead } from '../servers/cli-process.ts';
import { manifest, stackWorld } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';
import { inPage, isLeftOut, openWatched } from './watched.ts';
import type { Watched } from './watched.ts';

/** Steps that the page lists at most. */
const LISTED_MAX = 80;

/** Notes in the page what the chart shows from one drawing to the next, and which steps are listed. */
const recorder = `(() => {
  const seen = (globalThis.seen = { leaves: [], taken: 0, stroke: '', rest: '', doubled: [] });
  const stroke = (element) => getComputedStyle(element).stroke;
  const look = () => {
    const leaves = [...document.querySelectorAll('.chart .node.entered .name, .chart .node.active .name, .chart .row.inside')].map((each) => each.textContent).join();
    if (leaves !== '' && seen.leaves.at(-1) !== leaves) seen.leaves.push(leaves);
    const lines = document.querySelectorAll('.chart path.edge.taken');
    if (document.querySelector('.chart .taken:not(.head)')) seen.taken += 1;
    const rest = document.querySelector('.chart path.edge:not(.taken, .enabled, .error)');
    if (lines[0] && rest) Object.assign(seen, { stroke: stroke(lines[0]), rest: stroke(rest) });
    const steps = [...document.querySelectorAll('.steps .step > a:first-child')].map((each) => each.search);
    if (new Set(steps).size !== steps.length) seen.doubled.push(steps.join());
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
  look();
})()`;

interface Seen {
  /** Names of the active states, from change to change; of folded ones what is active inside. */
  readonly leaves: readonly string[];
  /** Drawings with a taken edge. */
  readonly taken: number;
  readonly stroke: string;
  /** Stroke of a line that was not taken. */
  readonly rest: string;
  /** Step lists that held a step twice. */
  readonly doubled: readonly string[];
}

function keptIndex(dataDir: string): string {
  const file = join(dataDir, 'host', 'index.json');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

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
  let origin: string;
  let link: string;
  /** Raised by every load of a document: a reload would show. */
  let loads = 0;
  /** A host that was started without NATS. */
  let alone: ChildProcess | undefined;

  beforeAll(async () => {
    [world, watched] = await Promise.all([stackWorld({ scale: 40, seed: 71 }), openWatched()]);
    const { inspectorPort = 0, tokenFile = '' } = world.stack.host.ready;
    origin = `http://127.0.0.1:${inspectorPort}`;
    link = linkOf(inspectorPort, readFileSync(tokenFile, 'utf8')) ?? '';
    context = await watched.context();
    page = await context.newPage();
    page.on('domcontentloaded', () => (loads += 1));
  });
  afterAll(async () => {
    if (alone?.kill('SIGTERM') === true) await once(alone, 'exit');
    await world.close();
  });

  const detail = () => page.locator('.detail');
  const dialog = () => page.locator('dialog');
  const sendable = () => page.locator('button.command:not([disabled])');
  const statePill = (text: string) => page.locator('.state-pill', { hasText: text });
  const command = (verb: string) =>
    page.locator('button.command').filter({ has: page.locator('b', { hasText: RegExp(`^${verb}$`) }) }); // prettier-ignore
  const contextText = () => detail().locator('.json').textContent();
  const seen = () => inPage<Seen>(page, 'globalThis.seen');
  const isSteady = (name: string) => async () => (await world.state(name)) === 'running.steady';
  const isPaused = async () =>
    ((await world.client.query({ ...webKey, verb: 'get' }))['status'] as { paused?: boolean })
      .paused === true;
  const isServed = () => fetch(`${origin}/actors`).then(({ ok }) => ok, () => false); // prettier-ignore
  const webKey = { namespace: 'test', kind: 'cluster', name: 'web' };
  /** Opens an actor of the list, as a reader does. */
  async function choose(name: string): Promise<void> {
    await page.locator('.list-box a.row', { hasText: `test/${name}` }).click();
    await page.locator('.crumbs .here', { hasText: `test/${name}` }).waitFor();
    await page.locator('.chart .node.active').first().waitFor();
  }
  async function apply(name: string, servers: number, agents = 0): Promise<void> {
    const text = JSON.stringify(manifest(name, servers, agents));
    const ran = await fairlead(world.stack, ['apply', '-f', '-'], text);
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
  }
  async function send(verb: string): Promise<void> {
    await command(verb).click();
    await dialog().getByLabel('reason').fill('a look at it');
    const done = dialog().getByText(`${verb} was taken`);
    const refused = dialog().getByRole('alert');
    for (let tries = 0; tries < 5; tries += 1) {
      await dialog().getByRole('button', { name: 'Preview' }).click();
      await dialog().locator('.moved').waitFor();
      await dialog()
        .getByRole('button', { name: `Send ${verb}` })
        .click();
      await done.or(refused).waitFor();
      if (await done.isVisible()) return;
      // It moved on since the preview: one looks again.
      expect(await refused.textContent()).toContain('revision.conflict');
    }
    throw new Error(`${verb} was not taken in 5 tries`);
  }
  const close = async () => {
    await dialog().getByRole('button', { name: 'Close', exact: true }).last().click();
    await dialog().waitFor({ state: 'detached' });
  };
  /** Numbers of the steps that the page lists, newest first. */
  const listed = () =>
    inPage<number[]>(
      page,
      `[...document.querySelectorAll('.steps .step > a:first-child')].map((each) => Number(new URLSearchParams(each.search).get('at')))`,
    );
  /** Of the same, what the stream holds. */
  async function stored(name: string): Promise<number[]> {
    const { nats, keys } = world.stack;
    const connection = await connectNats({
      ...{ url: nats.ready.url, nkeySeedFile: keys.cliSeedFile },
      ...{ name: 'story', inboxPrefix: '_INBOX_cli' },
    });
    try {
      const { steps } = await readSteps(connection, { ...webKey, name }, { limit: 2_000 });
      return steps.map(({ seq }) => seq).reverse();
    } finally {
      await connection.close();
    }
  }
  /** The list is what the stream holds, as far as it goes. */
  async function expectSameSteps(name: string): Promise<void> {
    await detail().getByRole('button', { name: 'all', exact: true }).click();
    await expect
      .poll(async () => listed(), { timeout: 20_000 })
      .toEqual((await stored(name)).slice(0, LISTED_MAX));
    expect((await seen()).doubled).toEqual([]);
  }

  beforeEach(async () => {
    // What an earlier test left open by failing would fail all that follow.
    for (let tries = 0; (await dialog().count()) > 0 && tries < 3; tries += 1)
      await page.keyboard.press('Escape');
  });

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
    await apply('web', 1);
    await page.locator('.list-box a.row', { hasText: 'test/web' }).waitFor();
    await choose('web');
    await inPage(page, recorder);
    await statePill('running.steady').waitFor({ timeout: 90_000 });
    const { leaves, taken, stroke, rest } = await seen();
    console.log(`active in turn: ${leaves.join(' > ')}`);
    expect(new Set(leaves).size).toBeGreaterThan(3);
    expect(leaves.at(-1)).toContain('steady');
    expect(taken).toBeGreaterThan(3);
    // A state that is folded stands for the lines inside it, and there may be none outside.
    if (stroke !== '') expect(stroke).not.toBe(rest);
    expect(loads).toBe(1);
  });

  it('lists every step of the stream', async () => {
    await expectSameSteps('web');
  });

  it('sends a command after a look at what it would do, and shows what it did', async () => {
    await send('pause');
    expect(await dialog().locator('.outcome').textContent()).toContain('cluster/test/web');
    await close();
    await world.until('it is paused', isPaused);
    await command('resume').waitFor();
    await detail().locator('.steps', { hasText: 'pause' }).waitFor();
  });

  it('says of a refused command what `fairlead why` says', async () => {
    await detail().locator('button.refused-command', { hasText: 'retry' }).click();
    for (const verb of ['retry', 'scale', 'start']) {
      await dialog().getByLabel('Command').selectOption(verb);
      await dialog().locator('.why b', { hasText: RegExp(`^${verb}$`) }).waitFor(); // prettier-ignore
      const ran = await fairlead(world.stack, ['why', verb, 'cluster', 'web', '-n', 'test', '-o', 'json']); // prettier-ignore
      const why = JSON.parse(ran.stdout) as Why;
      const list = (selector: string) => dialog().locator(selector).allTextContents();
      expect(await list('.because li')).toEqual(reasonsOf(why));
      expect(await list('.why > p')).toEqual(linesOf(why));
      console.log([verb, ...linesOf(why), ...reasonsOf(why)].join(' | '));
      if (verb !== 'retry') continue;
      expect(why.allowed).toBe('no');
      expect(why.because.map(({ is }) => is)).toContain('no');
    }
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
  });

  it('deletes nothing before its name is typed', async () => {
    await send('resume');
    await close();
    await command('delete').click();
    const button = dialog().getByRole('button', { name: 'Send delete' });
    await button.waitFor();
    for (const [typed, isHeld] of [
      ['', true],
      ['we', true],
      ['web', false],
    ] as const) {
      // prettier-ignore
      await page.locator('#command-confirm').fill(typed);
      expect([typed, await button.isDisabled()]).toEqual([typed, isHeld]);
    }
    await page.keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    expect(await world.state('web')).toBe('running.steady');
  });

  it('goes back in time by key and slider, sends nothing there, and comes back', async () => {
    const now = await contextText();
    await page.keyboard.press('[');
    await page.locator('.past-banner', { hasText: 'the past. Commands are off.' }).waitFor();
    await page.getByLabel('Step', { exact: true }).fill('4');
    await expect.poll(() => page.url()).toMatch(/[?&]at=4$/);
    await expect.poll(contextText).not.toBe(now);
    expect(await sendable().count()).toBe(0);
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
    await sendable().first().waitFor();
    expect(await contextText()).toBe(now);
  });

  it('opens the machines inside, and leads back', async () => {
    await page.locator('.machines a', { hasText: 's0' }).click();
    await page.getByLabel(/^(Chart|Overview) of node/).waitFor();
    await page.locator('.chart .node.active').first().waitFor();
    await page.locator('.crumbs a').first().click();
    await page.getByLabel(/^(Chart|Overview) of cluster/).waitFor();
  });

  it('is worked by keys alone: filter, open, why, preview, send, step back', async () => {
    await page.goto(`${origin}/actors`);
    const { keyboard } = page;
    await page.locator('.list-box a.row').first().waitFor();
    await keyboard.press('/');
    await keyboard.type('name:web kind:cluster');
    await page.locator('.list-foot', { hasText: /^1 actor/ }).waitFor();
    await keyboard.press('Enter');
    await keyboard.press('Enter');
    await page.locator('.crumbs .here', { hasText: 'test/web' }).waitFor();
    await sendable().first().waitFor();

    await keyboard.press('w');
    await tabTo('Command');
    await keyboard.type('retry');
    await dialog().locator('.because .no').first().waitFor();
    await keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });

    await keyboard.press('e');
    await tabTo('Command');
    await chooseByKeys('pause');
    await tabTo('reason');
    await keyboard.type('by keys');
    await keyboard.press('Enter');
    await dialog().locator('.moved').waitFor();
    await tabTo('Send pause');
    await keyboard.press('Enter');
    await dialog().getByText('pause was taken').waitFor();
    await keyboard.press('Escape');
    await dialog().waitFor({ state: 'detached' });
    await world.until('it is paused', isPaused);

    await keyboard.press('[');
    await page.locator('.past-banner').waitFor();
    await keyboard.press('l');
    await page.locator('.past-banner').waitFor({ state: 'detached' });
    await send('resume');
    await close();
  });

  /** Tab by tab, as far as one has to go in a dialog. */
  async function tabTo(name: string): Promise<void> {
    const focused = `(() => { const at = document.activeElement; return at.ariaLabel ?? at.labels?.[0]?.textContent ?? at.textContent; })()`;
    for (let presses = 0; presses < 30; presses += 1) {
      if ((await inPage<string>(page, focused)).trim() === name) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`no way to ${name} by Tab`);
  }
  async function chooseByKeys(option: string): Promise<void> {
    await page.keyboard.type(option);
    await dialog()
      .getByRole('button', { name: `Send ${option}` })
      .waitFor();
  }

  it('is there again by itself after a kill of its host, with every step once', async () => {
    await apply('second', 1, 1);
    await page.goto(`${origin}/actors`);
    await choose('second');
    await inPage(page, recorder);
    const before = loads;
    await world.until('it provisions', async () =>
      /provisioning|installing/.test(await world.state('second')),
    );
    await world.stack.host.kill('SIGKILL');
    await page.locator('.live-badge.reconnecting').waitFor();
    await page.locator('.banner', { hasText: 'The host does not answer since' }).waitFor();
    expect(await sendable().count()).toBe(0);
    await world.stack.host.start();
    await page.locator('.live-badge.live').waitFor({ timeout: 40_000 });
    await page.locator('.banner').waitFor({ state: 'detached' });
    await statePill('running.steady').waitFor({ timeout: 90_000 });
    await expectSameSteps('second');
    expect((await seen()).leaves.at(-1)).toContain('steady');
    expect(loads).toBe(before);
  });

  it('stays readable without NATS, says so within 5 s, sends nothing, and goes on when it is back', async () => {
    const before = loads;
    // The host was started anew: it keeps for times without NATS what somebody has looked at since.
    await choose('web');
    await detail().locator('.steps a').first().waitFor();
    await page.goBack();
    await page.locator('.crumbs .here', { hasText: 'test/web' }).waitFor({ state: 'detached' });
    await sendable().first().waitFor();
    await detail().locator('.steps a').first().waitFor();
    const steps = await listed();
    await world.stack.nats.kill('SIGKILL');
    const killedMs = performance.now();
    await page.locator('.banner', { hasText: 'NATS' }).waitFor({ timeout: 5_000 });
    console.log(`banner after ${((performance.now() - killedMs) / 1000).toFixed(1)} s`);
    expect(await page.locator('.banner').textContent()).toMatch(/NATS.*(unreachable|away)/);
    await expect.poll(() => sendable().count()).toBe(0);
    expect(await detail().locator('.problem').first().textContent()).toContain('NATS');
    expect(await listed()).toEqual(steps);
    await choose('web');
    await detail().locator('.steps a').first().waitFor();
    await page.keyboard.press('[');
    await page.locator('.past-banner').waitFor();
    await page.keyboard.press('l');
    await world.stack.nats.start();
    await page.locator('.banner').waitFor({ state: 'detached', timeout: 40_000 });
    await page.locator('.live-badge.live').waitFor({ timeout: 20_000 });
    await sendable().first().waitFor({ timeout: 20_000 });
    expect(loads).toBe(before);
  });

  it('shows the fleet as it was when host and NATS are gone and only the host comes back', async () => {
    const before = loads;
    const { dataDir, host, nats } = world.stack;
    await world.until('the host has kept its index', () =>
      Promise.resolve(keptIndex(dataDir).includes('cluster/test/second')),
    );
    await nats.kill('SIGKILL');
    await host.kill('SIGKILL');
    // Not by the stack: that starts a host only beside a nats-server.
    alone = spawn(process.execPath, [join(packageRoot(), 'dist/src/main.js'), '--config', join(dataDir, 'host.json')], { stdio: 'ignore', cwd: dataDir }); // prettier-ignore
    await world.until('the host answers', isServed, 60_000);
    await page.locator('.banner', { hasText: 'NATS' }).waitFor({ timeout: 60_000 });
    const reader = await context.newPage();
    await reader.goto(`${origin}/actors`);
    await reader.locator('.list-box a.row', { hasText: 'test/second' }).waitFor();
    await reader.locator('.list-box a.row', { hasText: 'test/web' }).waitFor();
    await reader.close();
    await nats.start();
    await page.locator('.live-badge.live').waitFor({ timeout: 60_000 });
    await page.locator('.banner').waitFor({ state: 'detached', timeout: 30_000 });
    await sendable().first().waitFor({ timeout: 30_000 });
    expect(loads).toBe(before);
    await world.until('web runs', isSteady('web'));
    await expectSameSteps('web');
  });

  it('called nobody but its host in all that time, and broke no rule', async () => {
    expect(watched.complaints).toEqual([]);
    console.log(`refused on the way: ${[...new Set(watched.refusals)].join(', ')}`);
    const asked = await watched.close();
    expect(asked.filter((each) => !each.startsWith(`${origin}/`))).toEqual([]);
    expect(asked).toContain(`${origin}/api/stream`);
    expect(asked.length).toBeGreaterThan(30);
  });
});
