/** What watches the page notices what it is there for. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { chromiumNote } from '../servers/chromium.ts';
import { inPage, isLeftOut, openWatched } from './watched.ts';

const policy = "default-src 'none'; img-src 'self'; worker-src 'self'";

describe.skipIf(isLeftOut)(`the watched browser${chromiumNote}`, () => {
  it('tells requests, refusals, violations of the policy and exceptions', async () => {
    const server = createServer(({ url = '' }, response) => {
      const isWorker = url === '/worker.js';
      if (url === '/page') response.setHeader('content-security-policy', policy);
      response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
      response.statusCode = url === '/missing' ? 404 : 200;
      response.end(isWorker ? `fetch('/of-worker')` : '<!doctype html><title>page</title>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const watched = await openWatched();
    const page = await (await watched.context()).newPage();
    await page.goto(`${origin}/page`);
    await inPage(page, `document.body.append(Object.assign(new Image(), { src: '/missing' }))`);
    await inPage(
      page,
      `document.body.append(Object.assign(new Image(), { src: 'http://foreign.invalid/' }))`,
    );
    await inPage(page, `new SharedWorker('/worker.js')`);
    await inPage(page, `setTimeout(() => { throw new Error('thrown') })`);
    await expect.poll(() => watched.refusals).toContain('404 /missing');
    await expect
      .poll(() => watched.complaints.join('\n'))
      .toMatch(/policy: img-src http:\/\/foreign\.invalid/);
    await expect.poll(() => watched.complaints.join('\n')).toContain('thrown');
    await expect(page.goto('http://foreign.invalid/')).rejects.toThrow('net::ERR');
    const asked = await watched.close();
    expect(asked).toContain(`${origin}/missing`);
    expect(asked).toContain(`${origin}/of-worker`);
    expect(asked.filter((each) => !each.startsWith(origin))).toEqual(['http://foreign.invalid/']);
    await new Promise((resolve) => server.close(resolve));
  });
});
