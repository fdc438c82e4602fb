/** Every view over a real stack, in both themes and as wide as a phone: what axe finds, and a picture of each to be looked at. */
import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { linkOf } from '../../src/inspector/link.ts';
import { chromiumNote } from '../servers/chromium.ts';
import { fairlead } from '../servers/cli-process.ts';
import { replicatedVolume } from '../servers/replicated-volume.ts';
import { stackWorld } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';
import { inPage, isLeftOut, openWatched } from './watched.ts';
import type { Watched } from './watched.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const pictures = join(packageRoot(), 'test/artifacts/page');
const viewerToken = 'viewer-of-these-pictures-'.padEnd(48, 'v');

interface View {
  readonly name: string;
  readonly path: string;
  /** There once the view is drawn. */
  readonly until: string;
  /** Of a narrow screen, where it is another one. */
  readonly untilNarrow?: string;
  readonly who?: 'admin' | 'viewer' | 'nobody';
  readonly then?: (page: Page) => Promise<void>;
}

const press = (key: string, until: string) => async (page: Page) => {
  await page.locator('button.command').first().waitFor();
  await page.keyboard.press(key);
  await page.locator(until).first().waitFor();
};

const big = '/actors/cluster/test/big';
const drawn = { until: '.chart .node:is(.active, .entered)', untilNarrow: '.outline .is-active' };
const views: readonly View[] = [
  { name: 'actors', path: '/actors', until: '.list-box a.row' },
  {
    name: 'actors-none',
    path: '/actors?q=name%3Anobody',
    until: '.list :text("No actor matches")',
  },
  { name: 'actor', path: big, ...drawn },
  { name: 'actor-past', path: `${big}?at=5`, until: '.past-banner' },
  { name: 'actor-node', path: `${big}?child=s0`, ...drawn },
  { name: 'actor-replication', path: '/actors/replication/default/db-1', ...drawn },
  {
    ...{ name: 'actor-outline', path: big, until: '.stage-head' },
    then: async (page) => {
      const choice = page.locator('.outline-choice');
      if (await choice.isVisible()) await choice.click();
      await page.locator('.outline .is-active').first().waitFor();
    },
  },
  { name: 'actor-viewer', path: big, until: '.detail .problem', who: 'viewer' },
  { name: 'why', path: big, until: '.stage-head', then: press('w', 'dialog .because') },
  { name: 'command', path: big, until: '.stage-head', then: press('e', 'dialog .command-form') },
  { name: 'keys', path: '/actors', until: '.list-box a.row', then: async (page) => {
    await page.keyboard.press('?');
    await page.locator('dialog .keys').waitFor();
  } }, // prettier-ignore
  { name: 'map', path: '/map', until: '.map-pane canvas' },
  { name: 'map-cluster', path: '/map/test/big', until: '.tree' },
  { name: 'replications', path: '/replications', until: 'main :text("db-1")' },
  { name: 'breakers', path: '/breakers', until: 'main :text("ec2")' },
  { name: 'audit', path: '/audit', until: '.stories > li' },
  { name: 'commands', path: '/commands', until: 'main a, main button, main form' },
  { name: 'health', path: '/health', until: 'main table' },
  { name: 'kpi', path: '/kpi', until: 'main h2, main h3' },
  { name: 'sign-in', path: '/actors', until: '.sign-in form', who: 'nobody' },
];

const sizes: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'light-390': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'dark-390': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
  // What a window of 1440 by 900 is at 200 %.
  'light-200%': {
    ...{ colorScheme: 'light', viewport: { width: 720, height: 450 } },
    deviceScaleFactor: 2,
  },
};
const zoomed = ['actor', 'breakers'];

describe.skipIf(isLeftOut)(`the views${chromiumNote}`, () => {
  let world: StackWorld;
  let watched: Watched;
  let origin: string;
  const contexts = new Map<string, BrowserContext>();

  beforeAll(async () => {
    mkdirSync(pictures, { recursive: true });
    [world, watched] = await Promise.all([stackWorld({ scale: 100, seed: 72 }), openWatched()]);
    const { tokenFile = '', inspectorPort = 0 } = world.stack.host.ready;
    origin = `http://127.0.0.1:${inspectorPort}`;
    appendFileSync(tokenFile, `viewer eve ${viewerToken}\n`);
    await world.restartHost();
    await Promise.all([world.apply('web', 1), world.apply('big', 3, 2), applyReplication()]);
    const isThere = async () => (await world.state('big')) === 'running.steady';
    await world.until('the fleet is there', isThere, 100_000);
  });
  afterAll(async () => {
    await world.close();
  });

  async function applyReplication(): Promise<void> {
    const { manifest } = await replicatedVolume(world.stack);
    const ran = await fairlead(world.stack, ['apply', '-f', '-'], manifest);
    expect([ran.exit, ran.stderr]).toEqual([0, '']);
  }

  /** Signed in once for all its views. */
  async function contextOf(size: string, who: View['who'] = 'admin'): Promise<BrowserContext> {
    const known = contexts.get(`${size} ${who}`);
    if (known !== undefined) return known;
    const context = await watched.context(sizes[size]);
    contexts.set(`${size} ${who}`, context);
    if (who === 'nobody') return context;
    const { inspectorPort = 0, tokenFile = '' } = world.stack.host.ready;
    const link = linkOf(inspectorPort, readFileSync(tokenFile, 'utf8')) ?? '';
    const page = await context.newPage();
    await page.goto(who === 'viewer' ? `${origin}/#t=${viewerToken}` : link);
    await page.locator('.shell').waitFor();
    await page.close();
    return context;
  }

  it.each(views)('$name has no fault that axe finds, and fits its screen', async (view) => {
    const faults: unknown[] = [];
    const all = Object.keys(sizes).filter((each) => !each.includes('%') || zoomed.includes(view.name)); // prettier-ignore
    for (const size of all) {
      const context = await contextOf(size, view.who);
      const page = await context.newPage();
      const isNarrow = (page.viewportSize()?.width ?? 0) <= 800;
      await page.goto(`${origin}${view.path}`);
      const until = isNarrow ? (view.untilNarrow ?? view.until) : view.until;
      await page.locator(until).first().waitFor();
      await view.then?.(page);
      await page.locator(':text-matches("^(Reading|Loading|Asking) .*…$")').first().waitFor({ state: 'detached' }); // prettier-ignore
      await inPage(page, `Promise.allSettled(document.getAnimations().map((each) => each.playState === 'running' && each.effect.getComputedTiming().iterations < 9 ? each.finished : 0))`); // prettier-ignore
      await page.screenshot({ path: join(pictures, `${view.name}-${size}.png`) });
      faults.push(...(await faultsOf(page)).map((fault) => [size, fault]));
      await page.close();
    }
    expect(faults).toEqual([]);
  });

  /** axe comes by the debugger, so that the page is judged under its own policy. */
  async function faultsOf(page: Page): Promise<unknown[]> {
    const width = page.viewportSize()?.width ?? 0;
    const scrolled = await inPage<number>(page, 'document.documentElement.scrollWidth');
    await inPage(page, `${axe}; undefined`);
    const found = await inPage<unknown[]>(
      page,
      `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => [id, ...nodes.slice(0, 3).map(({ html, any, all, none }) => html.slice(0, 160) + ' ' + [...any, ...all, ...none].map(({ message }) => message).join('; '))]))`,
    );
    return scrolled > width ? [`${scrolled} px wide on a screen of ${width}`, ...found] : found;
  }

  it('breaks no rule of its policy, and calls nobody else', async () => {
    expect(watched.complaints).toEqual([]);
    const asked = await watched.close();
    expect(asked.filter((each) => !each.startsWith(`${origin}/`))).toEqual([]);
    expect(new Set(watched.refusals)).toEqual(new Set(['401 /api/session']));
  });
});
