/** A real host with viewers of other makers switched on, reached through its own port by what those makers ship. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createWebSocketReceiver } from '@statelyai/inspect';
import type { StatelyInspectionEvent } from '@statelyai/inspect';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { builtFile } from '../../../src/stack/built-file.ts';
import { lampScript, openLampSite } from '../../contract/inspect/lamp.ts';
import { Receiver } from '../../contract/inspect/xstate-receiver.ts';
import { chromiumNote, chromiumPath, launchChromium } from '../../servers/chromium.ts';
import { stackWorld } from '../../servers/stack-world.ts';
import type { StackWorld } from '../../servers/stack-world.ts';

const actor = 'cluster/test/one';
const ready = z.object({ inspectorPort: z.int().positive(), tokenFile: z.string() });

let world: StackWorld;
let host: ChildProcess;
let receiver: Receiver | undefined;
let address = '';
let token = '';

beforeAll(async () => {
  world = await stackWorld({ scale: 200, seed: 33 });
  const { dataDir } = world.stack;
  // In place of the stack's own host, by its config, with a folder and ports of its own.
  await world.stack.host.stop();
  const config = JSON.parse(readFileSync(join(dataDir, 'host.json'), 'utf8')) as object;
  const own = join(dataDir, 'with-viewers');
  mkdirSync(own, { mode: 0o700 });
  const file = `${own}.json`;
  const inspector = {
    ...{ host: '127.0.0.1', port: 0 },
    compat: { xstateInspect: true, statelyInspect: true },
  };
  const http = { host: '127.0.0.1', port: 0 };
  writeFileSync(file, JSON.stringify({ ...config, dataDir: own, http, inspector }));
  host = spawn(process.execPath, [builtFile('src/main.js'), '--config', file], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const line = await firstLineOf(host);
  const { inspectorPort, tokenFile } = ready.parse(JSON.parse(line));
  address = `127.0.0.1:${inspectorPort}`;
  token = readFileSync(tokenFile, 'utf8').trim().split(' ')[2] ?? '';
  await world.apply('one', 1);
  await world.until('one runs', async () => (await world.state('one')) === 'running.steady');
}, 120_000);
afterAll(async () => {
  receiver?.stop();
  host.kill('SIGTERM');
  await once(host, 'exit');
  await world.close();
});

/** Rejects with what it said when it ends before. */
function firstLineOf(child: ChildProcess): Promise<string> {
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said = `${said}${text.toString()}`.slice(-2_000)));
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`the host ended: ${said}`)));
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
  });
}

it('the receiver of @xstate/inspect sees a cluster with its node, drives it, and is told why not', async () => {
  receiver = new Receiver(`${address}/inspect/xstate?focus=${actor}`, token);
  const cluster = await receiver.find(
    ({ type, sessionId }) => type === 'service.register' && sessionId === actor,
  );
  expect(cluster.nextEvents).toContain('cluster.pause');
  await receiver.find(({ type, parent }) => type === 'service.register' && parent === actor);
  receiver.event(actor, { type: 'cluster.pause' });
  await receiver.find(({ event }) => event?.name === 'cluster.pause');
  const paused = await receiver.find(
    ({ type, context }) => type === 'service.state' && context['paused'] === true,
  );
  expect(paused.sessionId).toBe(actor);
  receiver.event(actor, { type: 'cluster.delete' });
  const refused = await receiver.find(({ event }) => event?.name === 'fairlead.refused');
  expect(refused.event?.data['message']).toContain('cannot be taken back');
  expect(await world.state('one')).toBe('running.steady');
});

it('the receiver of @statelyai/inspect sees it too', async () => {
  const told: StatelyInspectionEvent[] = [];
  const server = `ws://viewer:${token}@${address}/inspect/stately?focus=${actor}`;
  createWebSocketReceiver({ server }).subscribe((event) => void told.push(event));
  await expect
    .poll(() => told.map(({ sessionId }) => sessionId), { timeout: 20_000 })
    .toContain(actor);
  expect(told[0]).toMatchObject({ type: '@xstate.actor', snapshot: { status: 'active' } });
});

it.skipIf(chromiumPath === undefined)(
  `a page elsewhere shows its own machine in a frame of the host's viewer${chromiumNote}`,
  async () => {
    const site = await openLampSite(await lampScript());
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(site.address('/framed', `http://${address}/inspect/view`));
      const active = page.frameLocator('iframe').locator('[aria-current=true] > .state-name');
      await expect
        .poll(() => active.allInnerTexts(), { timeout: 20_000 })
        .toEqual(['lamp compound', 'first off']);
      await page.evaluate("send('toggle')");
      await expect.poll(() => active.allInnerTexts(), { timeout: 20_000 }).toContain('first dim');
    } finally {
      await browser.close();
      site.close();
    }
  },
);
