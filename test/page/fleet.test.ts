/** The page in a real browser, served by the real server over a made fleet of 12,000 actors. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allowedOf, madeCommands } from './made-answers.ts';
import { openWorld } from './world.ts';
import type { World } from './world.ts';
import { chromiumNote, launchChromium } from '../servers/chromium.ts';
import { inPage, isLeftOut } from './watched.ts';

const actors = 12_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(isLeftOut)(`the page${chromiumNote}`, () => {
  let world: World;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let faults: string[];
  let foreign: string[];
  let actor: string;

  beforeAll(async () => {
    [world, browser] = await Promise.all([openWorld(actors), launchChromium()]);
    actor = world.actors[0] ?? '';
  });
  afterAll(async () => {
    await browser.close();
    await world.close();
  });
  beforeEach(async () => {
    await renew();
  });
  afterEach(async () => {
    await context.close();
    expect(faults).toEqual([]);
    expect(foreign).toEqual([]);
    expect(world.errors).toEqual([]);
  });

  /** A browser of its own; whatever the page complains about or asks of others is noted. */
  async function renew(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    faults = [];
    foreign = [];
    context.on('request', (request) => {
      if (!request.url().startsWith(base())) foreign.push(request.url());
    });
    page = await tab();
  }
  async function tab(): Promise<Page> {
    const opened = await context.newPage();
    opened.on('pageerror', (error) => faults.push(error.message));
    opened.on('console', (message) => {
      // The first question for a session is refused, and the browser says so by itself.
      const isExpected = /status of (401|404|400)/.test(message.text());
      if (message.type() === 'error' && !isExpected) faults.push(message.text());
    });
    return opened;
  }
  const base = () => `http://127.0.0.1:${world.port}`;
  const open = async (path: string, role: 'viewer' | 'operator' = 'operator') => {
    await page.goto(`${base()}${path}${world.link(role).replace(/^.*#/, '#')}`);
    await page.locator('.shell').waitFor();
  };
  const openChart = async () => {
    await open(`/actors/${actor}`);
    await page.locator('.chart .active').first().waitFor();
  };

  it('takes the token out of the address, and signs in once', async () => {
    await open('/actors');
    expect(page.url()).toBe(`${base()}/actors`);
    await page.reload();
    await page.locator('.list-box li').first().waitFor();
  });

  it('asks for a token, and says what to do about a wrong one', async () => {
    await page.goto(`${base()}/actors`);
    await page.getByLabel('Token').fill('x'.repeat(40));
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'the link the host printed' }).waitFor();
  });

  it('keeps at most 60 rows in the document, wherever the list is scrolled to', async () => {
    await open('/actors');
    const rows = page.locator('.list-box li');
    await rows.first().waitFor();
    expect(await rows.count()).toBeLessThanOrEqual(60);
    await inPage(page, `((box) => { box.scrollTop = box.scrollHeight / 2; })(document.querySelector('.list-box'))`); // prettier-ignore
    await page.locator('.list-box .row-name').first().waitFor();
    expect(await rows.count()).toBeLessThanOrEqual(60);
    expect(Number(await rows.first().getAttribute('aria-posinset'))).toBeGreaterThan(5000);
  });

  it('says what is wrong with a query', async () => {
    await open('/actors?q=colour%3Ared');
    await page.getByRole('alert').filter({ hasText: 'the key "colour"' }).waitFor();
  });

  it('keeps in its address what was typed, on the way back and over a reload', async () => {
    const query = `name:${actor.split('/').at(-1) ?? ''}`;
    const found = page.locator('.list-foot', { hasText: /^1 actor/ });
    await open('/actors');
    await page.locator('input.filter').fill(query);
    await found.waitFor();
    await page.locator('.list-box a.row').click();
    await page.locator('.chart .active').first().waitFor();
    await page.goBack();
    expect(new URL(page.url()).searchParams.get('q')).toBe(query);
    await page.reload();
    await found.waitFor();
    expect(await page.locator('input.filter').inputValue()).toBe(query);
  });

  it('follows a filtered list by its stream, without asking again', async () => {
    await open('/actors');
    await page.locator('input.filter').fill(`name:${actor.split('/').at(-1) ?? ''}`);
    await page.locator('.list-foot', { hasText: /^1 actor/ }).waitFor();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    const row = page.locator('.list-box a.row');
    const before = await row.textContent();
    world.move(actor);
    await expect.poll(() => row.textContent()).not.toBe(before);
    expect(asked).not.toContain('/api/actors');
  });

  it('shows a step as it is committed, its edge lit', async () => {
    await openChart();
    const stamp = page.locator('.stage-stamp');
    const before = await stamp.textContent();
    world.move(actor);
    await expect.poll(() => stamp.textContent()).not.toBe(before);
    expect(await page.locator('.chart .taken:not(.head)').count()).toBeGreaterThan(0);
  });

  it('opens the chart of a machine inside, and leads back', async () => {
    await openChart();
    await page.locator('.machines a').first().click();
    await page.locator('.crumbs .here', { hasText: 'server-0-1' }).waitFor();
    await page.getByLabel(/^(Chart|Overview) of node/).waitFor();
    await page.locator('.crumbs a').first().click();
    await page.getByLabel(/^(Chart|Overview) of cluster/).waitFor();
  });

  it('is run by keys alone: filter, open, why, preview, send, step back', async () => {
    const name = actor.split('/').at(-1) ?? '';
    await open('/actors');
    await page.keyboard.press('/');
    await page.keyboard.type(`name:${name}`);
    await page.locator('.list-foot', { hasText: /^1 actor/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.row.at-cursor').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.chart .active').first().waitFor();
    await page.locator('button.command').first().waitFor();

    await page.keyboard.press('w');
    await page.locator('.because .no').first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });

    await page.keyboard.press('e');
    const dialog = page.locator('dialog');
    await dialog.locator('select').first().selectOption('pause');
    await dialog.getByLabel('reason').focus();
    await page.keyboard.type('drill');
    await page.keyboard.press('Enter');
    await dialog.locator('.moved').waitFor();
    await dialog.getByRole('button', { name: 'Send pause' }).focus();
    await page.keyboard.press('Enter');
    await dialog.getByText('pause was taken').waitFor();
    expect(world.sent.at(-1)).toMatchObject({ verb: 'pause', reason: 'drill', by: 'ana' });
    await page.keyboard.press('Escape');

    await page.keyboard.press('[');
    await page.locator('.past-banner').waitFor();
    await expect.poll(() => page.url()).toMatch(/[?&]at=\d+/);
    expect(await page.locator('button.command:not([disabled])').count()).toBe(0);
    await page.keyboard.press('l');
    await page.locator('.past-banner').waitFor({ state: 'detached' });
  });

  it('hears a key that is pressed the moment the field it belongs to is there', async () => {
    await context.addInitScript(`new MutationObserver((_, own) => {
      if (document.querySelector('input.filter') === null) return;
      own.disconnect();
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }));
    }).observe(document, { childList: true, subtree: true });`);
    await open('/actors');
    const focused = () => inPage(page, 'document.activeElement.className');
    expect(await focused()).toBe('filter');
  });

  it('leaves Enter to the link or button that has the focus', async () => {
    await openChart();
    await page.locator('button.refused-command').first().focus();
    await page.keyboard.press('Enter');
    await page.locator('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    await page.locator('.nav a', { hasText: 'Map' }).focus();
    await page.keyboard.press('Enter');
    await page.locator('.map').waitFor();
    expect(new URL(page.url()).pathname).toBe('/map');
  });

  it('asks about the first refused command, also where nobody knows yet which one that is', async () => {
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    await context.route('**/api/commands', async (route) => {
      await released;
      await route.continue();
    });
    await openChart();
    await page.keyboard.press('w');
    await page.locator('dialog', { hasText: 'Asking' }).waitFor();
    release();
    const refused = madeCommands.find(
      ({ kind, verb, creating }) =>
        actor.startsWith(`${kind}/`) && !creating && !allowedOf(actor).includes(verb),
    );
    const verdict = page.locator('dialog .why > p', { hasText: 'is refused in' });
    await verdict.locator('b', { hasText: RegExp(`^${refused?.verb ?? 'none'}$`) }).waitFor();
    expect(await page.locator('dialog').getByLabel('Command').inputValue()).toBe(refused?.verb);
  });

  it('sends nothing destructive before the name is typed', async () => {
    await openChart();
    await page.locator('button.command', { hasText: 'delete' }).click();
    const send = page.locator('dialog').getByRole('button', { name: 'Send delete' });
    await send.waitFor();
    expect(await send.isDisabled()).toBe(true);
    await page.locator('#command-confirm').fill(actor.split('/').at(-1) ?? '');
    expect(await send.isDisabled()).toBe(false);
  });

  it('lets viewers look, and says why they cannot send', async () => {
    await open(`/actors/${actor}`, 'viewer');
    await page.locator('.detail .problem', { hasText: 'Your role is viewer' }).waitFor();
    expect(await page.locator('button.command:not([disabled])').count()).toBe(0);
  });

  it('says that NATS is away and sends nothing, and comes back without a reload', async () => {
    await openChart();
    await page.locator('button.command:not([disabled])').first().waitFor();
    world.cut(true);
    await page.locator('.banner', { hasText: 'NATS unreachable since' }).waitFor({ timeout: 5000 });
    expect(await page.locator('button.command:not([disabled])').count()).toBe(0);
    world.cut(false);
    await page.locator('.banner').waitFor({ state: 'detached' });
    await page.locator('button.command:not([disabled])').first().waitFor();
  });

  it('has one stream for three tabs', async () => {
    await open('/actors');
    const others = [await tab(), await tab()];
    for (const other of others) {
      await other.goto(`${base()}/actors`);
      await other.locator('.live-badge.live').waitFor();
    }
    expect(world.streams()).toBe(1);
  });

  it.each(['light', 'dark'] as const)('has no fault that axe finds, %s', async (colorScheme) => {
    await context.close();
    // The policy forbids to run what is not of the host, and so axe; other tests run under the policy.
    await renew({ colorScheme, bypassCSP: true });
    for (const path of ['/actors', `/actors/${actor}`, `/actors/${actor}?at=5`]) {
      await open(path);
      await page
        .locator(path === '/actors' ? '.list-box li' : '.chart .active')
        .first()
        .waitFor();
      expect([path, await faultsOfAxe()]).toEqual([path, []]);
    }
    await page.keyboard.press('w');
    await page.locator('.because').waitFor();
    expect(await faultsOfAxe()).toEqual([]);
  });

  it('is an outline on a phone, and nothing overflows', async () => {
    await context.close();
    await renew({ viewport: { width: 390, height: 844 }, bypassCSP: true });
    await open(`/actors/${actor}`);
    await page.locator('.outline .is-active').first().waitFor();
    expect(await page.locator('svg.chart').count()).toBe(0);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    expect(await faultsOfAxe()).toEqual([]);
  });

  async function faultsOfAxe(): Promise<unknown[]> {
    await page.evaluate(axe);
    return page.evaluate(
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]))`,
    );
  }
});
