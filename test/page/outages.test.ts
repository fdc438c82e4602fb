/** The page while its host is killed, NATS is killed, and both are: what can still be read, and that it goes on by itself. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkOf } from '../../src/inspector/link.ts';
import { packageRoot } from '../../src/package-root.ts';
import { chromiumNote } from '../servers/chromium.ts';
import { stackWorld } from '../servers/stack-world.ts';
import type { StackWorld } from '../servers/stack-world.ts';
import { applyByCli, LISTED_MAX, readerOf } from './reader.ts';
import type { Reader } from './reader.ts';
import { record, seenBy } from './recorder.ts';
import { isLeftOut, openWatched } from './watched.ts';
import type { Watched } from './watched.ts';

/** A host that was killed has to start, find its records and be followed again, on a machine that may be busy. */
const BACK_MS = 60_000;

function keptIndex(dataDir: string): string {
  const file = join(dataDir, 'host', 'index.json');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

// Two starts of a host in one test, on a machine that may be busy.
describe.skipIf(isLeftOut)(`the page in an outage${chromiumNote}`, { timeout: 240_000 }, () => {
  let world: StackWorld;
  let watched: Watched;
  let context: BrowserContext;
  let page: Page;
  let reader: Reader;
  let origin: string;
  /** Raised by every load of a document: a reload would show. */
  let loads = 0;
  /** A host that was started without NATS. */
  let alone: ChildProcess | undefined;

  const isSteady = (name: string) => async () => (await world.state(name)) === 'running.steady';
  const isServed = () => fetch(`${origin}/actors`).then(({ ok }) => ok, () => false); // prettier-ignore
  const badge = (state: string) => page.locator(`.live-badge.${state}`);
  const banner = (text = '') => page.locator('.banner', { hasText: text });

  beforeAll(async () => {
    [world, watched] = await Promise.all([stackWorld({ scale: 40, seed: 73 }), openWatched()]);
    const { inspectorPort = 0, tokenFile = '' } = world.stack.host.ready;
    origin = `http://127.0.0.1:${inspectorPort}`;
    await world.apply('web', 1);
    await world.until('web runs', isSteady('web'), 90_000);
    context = await watched.context();
    page = await context.newPage();
    page.on('domcontentloaded', () => (loads += 1));
    reader = readerOf(page, world);
    await page.goto(linkOf(inspectorPort, readFileSync(tokenFile, 'utf8')) ?? '');
    await badge('live').waitFor();
  });
  afterAll(async () => {
    if (alone?.kill('SIGTERM') === true) await once(alone, 'exit');
    await world.close();
  });

  it('is there again by itself after a kill of its host, with every step once', async () => {
    await applyByCli(world, 'second', 1, 1);
    await reader.choose('second');
    await record(page);
    const before = loads;
    await world.until('it provisions', async () =>
      /provisioning|installing/.test(await world.state('second')),
    );
    await world.stack.host.kill('SIGKILL');
    await badge('reconnecting').waitFor();
    await banner('The host does not answer since').waitFor();
    await expect.poll(() => reader.sendable.count()).toBe(0);
    await world.stack.host.start();
    await badge('live').waitFor({ timeout: BACK_MS });
    await banner().waitFor({ state: 'detached' });
    await reader.statePill('running.steady').waitFor({ timeout: 90_000 });
    await reader.expectSameSteps('second');
    expect((await seenBy(page)).leaves.at(-1)).toContain('steady');
    expect(loads).toBe(before);
  });

  it('stays readable without NATS, says so, sends nothing, and goes on when it is back', async () => {
    const { sendable, detail, choose, listed } = reader;
    const before = loads;
    const firstStep = detail.locator('.steps a').first();
    // The host was started anew: it keeps for times without NATS what somebody has looked at since.
    await choose('web');
    await firstStep.waitFor();
    await page.goBack();
    await page.locator('.crumbs .here', { hasText: 'test/second' }).waitFor();
    await sendable.first().waitFor();
    await firstStep.waitFor();
    const steps = await listed();
    await world.stack.nats.kill('SIGKILL');
    const killedMs = performance.now();
    await banner('NATS').waitFor();
    // Told, not asserted, as times are: a machine that is busy with other tests takes longer.
    console.log(`banner after ${((performance.now() - killedMs) / 1000).toFixed(1)} s; target 5 s`);
    expect(await banner().textContent()).toMatch(/NATS.*(unreachable|away)/);
    await expect.poll(() => sendable.count()).toBe(0);
    await detail.locator('.problem', { hasText: 'NATS' }).first().waitFor();
    // A step may have come between the look and the kill; none of those seen is gone.
    const left = await listed();
    const fresh = left.filter((seq) => seq > (steps[0] ?? 0));
    expect(left.slice(fresh.length)).toEqual(steps.slice(0, LISTED_MAX - fresh.length));
    expect(steps.length).toBeGreaterThan(3);
    await choose('web');
    await firstStep.waitFor();
    await page.keyboard.press('[');
    await page.locator('.past-banner').waitFor();
    await page.keyboard.press('l');
    await page.locator('.past-banner').waitFor({ state: 'detached' });
    await world.stack.nats.start();
    await banner().waitFor({ state: 'detached', timeout: BACK_MS });
    await badge('live').waitFor();
    await sendable.first().waitFor();
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
    await world.until('the host answers', isServed, BACK_MS);
    await banner('NATS').waitFor({ timeout: BACK_MS });
    const other = await context.newPage();
    await other.goto(`${origin}/actors`);
    await other.locator('.list-box a.row', { hasText: 'test/second' }).waitFor();
    await other.locator('.list-box a.row', { hasText: 'test/web' }).waitFor();
    await other.close();
    await nats.start();
    await badge('live').waitFor({ timeout: BACK_MS });
    await banner().waitFor({ state: 'detached' });
    await reader.sendable.first().waitFor({ timeout: BACK_MS });
    expect(loads).toBe(before);
    await world.until('web runs', isSteady('web'));
    await reader.expectSameSteps('web');
  });

  it('called nobody but its host in all that time, and broke no rule', async () => {
    expect(watched.complaints).toEqual([]);
    console.log(`refused on the way: ${[...new Set(watched.refusals)].join(', ')}`);
    const asked = await watched.close();
    expect(asked.filter((each) => !each.startsWith(`${origin}/`))).toEqual([]);
    expect(asked).toContain(`${origin}/api/stream`);
  });
});
