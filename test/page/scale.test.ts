/** A large fleet on the page: what is in the document is asserted; times are only told, as the machine may be busy. */
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumNote } from '../servers/chromium.ts';
import { isLeftOut, inPage, openWatched } from './watched.ts';
import type { Watched } from './watched.ts';
import { openWorld } from './world.ts';
import { startWorld } from './world-process.ts';
import type { WorldProcess } from './world-process.ts';

const LISTED = 12_000;
const MAPPED = 100_000;
/** The first ones meet code that the engines have not compiled yet. */
const FILTERS = 40;

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? NaN;
const ms = (value: number): string => `${value.toFixed(1)} ms`;

/** For what a frame costs: the next one comes as soon as it is done, and not in a display's rhythm. */
const unpaced = ['--disable-frame-rate-limit', '--disable-gpu-vsync'];

/** Time from a change of the filter's text until a frame is painted whose rows are all of the answer. */
const filtering = (part: string): string => `new Promise((resolve) => {
  const field = document.querySelector('input.filter');
  const names = () => [...document.querySelectorAll('.list-box a.row .row-name')].map((each) => each.textContent);
  const { port1, port2 } = new MessageChannel();
  // A message that is sent in a frame comes after it is painted.
  port1.onmessage = () => resolve(performance.now() - begun);
  const watch = new MutationObserver(() => {
    const shown = names();
    if (shown.length === 0 || !shown.every((name) => name.includes(${JSON.stringify(part)}))) return;
    watch.disconnect();
    requestAnimationFrame(() => port2.postMessage(0));
  });
  watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(field, ${JSON.stringify(`name:*${part}*`)});
  const begun = performance.now();
  field.dispatchEvent(new Event('input', { bubbles: true }));
})`;

/** Frames while the pointer goes over the map, one move a frame: gaps between them. */
const panning = `new Promise((resolve) => {
  const pane = document.querySelector('.map-pane');
  const box = pane.getBoundingClientRect();
  const gaps = [];
  let last = performance.now();
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    if (gaps.length > 90) return resolve(gaps.slice(1));
    const at = gaps.length;
    const clientX = box.left + 60 + ((at * 23) % (box.width - 120));
    const clientY = box.top + 60 + ((at * 11) % (box.height - 120));
    pane.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true, pointerType: 'mouse' }));
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})`;

describe.skipIf(isLeftOut)(`a large fleet${chromiumNote}`, () => {
  let watched: Watched;
  let world: WorldProcess;
  let context: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    [world, watched] = await Promise.all([startWorld(LISTED), openWatched()]);
    context = await watched.context();
    page = await context.newPage();
    await page.goto(world.link);
    await page.locator('.list-box a.row').first().waitFor();
  });
  afterAll(async () => {
    await world.close();
  });

  const rows = () => page.locator('.list-box li');

  it('paints the rows of a filter, and holds no more than 60 in the document', async () => {
    const times: number[] = [];
    for (let at = 0; at < FILTERS; at += 1) {
      const wanted = `-${at + 1}1`;
      times.push(await inPage<number>(page, filtering(wanted)));
      const names = await page.locator('.list-box .row-name').allTextContents();
      const all = world.actors.filter((actor) => (actor.split('/')[2] ?? '').includes(wanted));
      expect(names.length).toBeGreaterThan(3);
      expect(await rows().count()).toBeLessThanOrEqual(60);
      for (const name of names) expect(name).toContain(wanted);
      expect(await page.locator('.list-foot').textContent()).toContain(
        `${all.length.toLocaleString('en')} actors`,
      );
    }
    console.log(`filter of ${LISTED} to rows painted: median ${ms(median(times))}; target 50 ms`);
  });

  it('has one stream for three tabs', async () => {
    const others = [await context.newPage(), await context.newPage()];
    for (const other of others) {
      await other.goto(`http://127.0.0.1:${world.port}/actors`);
      await other.locator('.live-badge.live').waitFor();
      await other.locator('.list-box a.row').first().waitFor();
    }
    expect(await world.see()).toMatchObject({ streams: 1 });
    for (const other of others) await other.close();
  });

  it('maps 100,000 actors, and follows the pointer', { timeout: 300_000 }, async () => {
    const [large, fast] = await Promise.all([openWorld(MAPPED, { movesEach: 1 }), openWatched(unpaced)]); // prettier-ignore
    try {
      const other = await fast.context();
      const mapped = await other.newPage();
      await mapped.goto(large.link().replace('/#', '/map#'));
      await mapped.getByLabel(/^100000 actors, one cell each/).waitFor({ timeout: 60_000 });
      const gaps = await inPage<number[]>(mapped, panning);
      const work = await inPage<number>(
        mapped,
        `performance.getEntriesByName('map', 'measure').at(-1)?.duration ?? NaN`,
      );
      console.log(
        `map of ${MAPPED}: median frame ${ms(median(gaps))}, target 16 ms; painting all of it ${ms(work)}`,
      );
      await mapped.locator('#map-readout a').first().waitFor();
      const readout = await mapped.locator('#map-readout a').first().textContent();
      expect(large.actors).toContain(readout);
      expect(await inPage<number>(mapped, `document.querySelectorAll('*').length`)).toBeLessThan(1_000); // prettier-ignore
      await other.close();
      expect(fast.complaints).toEqual([]);
    } finally {
      await fast.close();
      await large.close();
    }
  });

  it('complains of nothing', async () => {
    await watched.close();
    expect(watched.complaints).toEqual([]);
    expect(await world.see()).toMatchObject({ errors: [] });
  });
});
