/** The viewer in a real browser, told by createBrowserInspector of @statelyai/inspect on a page of another origin. */
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { chromiumNote, chromiumPath, launchChromium } from '../../servers/chromium.ts';
import { lampScript, openLampSite } from './lamp.ts';
import type { LampSite } from './lamp.ts';
import { ViewerWorld } from './viewer-world.ts';

let script = '';
let browser: Browser;
let world: ViewerWorld;
let site: LampSite;
let page: Page;
let view = '';
const complaints: string[] = [];

describe.skipIf(chromiumPath === undefined)(`the viewer${chromiumNote}`, () => {
  beforeAll(async () => {
    script = await lampScript();
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  beforeEach(async () => {
    complaints.length = 0;
    world = new ViewerWorld();
    view = `http://${await world.open()}/inspect/view`;
    site = await openLampSite(script);
    page = await browser.newPage();
    page.context().on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  afterEach(async () => {
    await page.context().close();
    world.close();
    site.close();
  });

  const address = (path: string): string => site.address(path, view);
  const inApp = (text: string): Promise<unknown> => page.evaluate(text);
  const active = (viewer: Page | Frame): Promise<string[]> =>
    viewer.locator('[aria-current=true] > .state-name').allInnerTexts();

  async function inWindow(): Promise<Page> {
    const popup = page.waitForEvent('popup');
    await page.goto(address('/'));
    return popup;
  }

  it('shows active states in a window, and moves when the machine moves', async () => {
    const viewer = await inWindow();
    await expect.poll(() => active(viewer)).toEqual(['lamp compound', 'first off']);
    await inApp("send('toggle')");
    await expect.poll(() => active(viewer)).toEqual(['lamp compound', 'on compound', 'first dim']);
    await inApp("send('brighter')");
    await expect.poll(() => active(viewer)).toContain('bright');
    expect(await viewer.locator('pre').first().innerText()).toContain('"times": 1');
    expect(await viewer.locator('.happenings').innerText()).toContain('brighter');
    expect(await viewer.locator('nav button').allInnerTexts()).toEqual([
      'lamp active',
      'bulb active',
    ]);
    await viewer.getByRole('button', { name: 'bulb' }).click();
    expect(await active(viewer)).toEqual(['bulb compound', 'first whole']);
    await inApp('end()');
    await expect.poll(() => viewer.getByRole('status').innerText()).toContain('has ended');
    expect(complaints).toEqual([]);
  });

  it('does the same in a frame of the app', async () => {
    await page.goto(address('/framed'));
    await expect.poll(() => page.frames().length).toBe(2);
    const frame = page.frames()[1];
    if (frame === undefined) throw new Error('no frame');
    await expect.poll(() => active(frame), { timeout: 5_000 }).toContain('first off');
    await inApp("send('toggle')");
    await expect.poll(() => active(frame)).toContain('first dim');
    expect(complaints).toEqual([]);
  });

  it('shows what a hostile app tells as text, refuses other forms, and reaches nobody', async () => {
    const viewer = await inWindow();
    await expect.poll(() => active(viewer)).toContain('first off');
    const name = '<img src=x onerror="document.title=1">';
    const head = { _version: '0.7.2', sessionId: 'evil', createdAt: '0' };
    const definition = JSON.stringify({ id: name, initial: name, states: { [name]: {} } });
    const told = [
      {
        ...head,
        type: '@xstate.actor',
        name,
        definition,
        snapshot: { value: name, context: { name } },
      },
      { ...head, type: '@xstate.event', event: { type: 5 } },
      { ...head, type: '@xstate.snapshot', snapshot: { value: 'x'.repeat(1_100_000) } },
    ];
    for (const message of told) await inApp(`tell(${JSON.stringify(message)})`);
    await inApp("(() => { const own = { type: '@xstate.event' }; own.own = own; tell(own); })()");
    await expect.poll(() => viewer.locator('.refused').innerText()).toContain('3 left out');
    await viewer.getByRole('button', { name }).click();
    expect(await active(viewer)).toEqual([`${name} compound`, `first ${name}`]);
    expect(await viewer.locator('img').count()).toBe(0);
    expect(await viewer.title()).toBe('Viewer');
    expect(complaints).toEqual([]);
    const reached = "fetch('/inspect/view').then(() => 'reached', () => 'refused')";
    expect(await viewer.evaluate(reached)).toBe('refused');
    expect(await viewer.evaluate('origin')).toBe('null');
  });
});
