/** A Chromium whose every request and every complaint is kept: a page calls nobody but its own host, and complains of nothing. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { z } from 'zod';
import { chromiumPath, launchChromium } from '../servers/chromium.ts';

/** In CI a browser has to be there; elsewhere these tests are told as not run. */
export const isLeftOut = chromiumPath === undefined && process.env['CI'] === undefined;

export interface Watched {
  /** Errors, warnings, violations of the security policy, exceptions: as the browser words them. */
  readonly complaints: string[];
  /** `503 /api/commands`: answers that were no success. */
  readonly refusals: string[];
  context(options?: BrowserContextOptions): Promise<BrowserContext>;
  /**
   * Ends the browser. From its network log: all addresses that pages, their workers and their windows asked, or tried to.
   * What the browser wants for itself has no page behind it, and is left out.
   */
  close(): Promise<readonly string[]>;
}

const netLog = z.object({
  events: z.array(
    z.object({
      params: z
        .object({
          url: z.string().optional(),
          initiator: z.string().optional(),
          request_type: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

/** Without it the browser would look for updates and accounts of its own; nobody but loopback is found. */
const nobodyElse = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1';

/** The event is a DOM one: the browser words it once more on its console, without the place. */
const listener = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('policy:', event.effectiveDirective, event.blockedURI, event.sourceFile, event.lineNumber));`;

/** @param more  further arguments of the browser */
export async function openWatched(more: readonly string[] = []): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-browser-'));
  const log = join(folder, 'net-log.json');
  const browser: Browser = await launchChromium([`--log-net-log=${log}`, nobodyElse, ...more]);
  const complaints: string[] = [];
  const refusals: string[] = [];
  return {
    complaints,
    refusals,
    async context(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1440, height: 900 },
        ...options,
      });
      await context.addInitScript(listener);
      context.on('weberror', (error) => complaints.push(String(error.error())));
      context.on('console', (message) => {
        // The browser says itself that an answer was a refusal; those are in `refusals`.
        const isOfAnswer = message.text().startsWith('Failed to load resource: ');
        if (['error', 'warning'].includes(message.type()) && !isOfAnswer)
          complaints.push(message.text());
      });
      context.on('response', (response) => {
        const { pathname } = new URL(response.url());
        if (response.status() >= 400) refusals.push(`${response.status()} ${pathname}`);
      });
      return context;
    },
    async close() {
      await browser.close();
      try {
        const { events } = netLog.parse(JSON.parse(readFileSync(log, 'utf8')));
        const ofPages = events.filter(
          ({ params }) =>
            params?.request_type === 'main frame' || /:|^null$/.test(params?.initiator ?? ''),
        );
        return [...new Set(ofPages.flatMap(({ params }) => params?.url ?? []))];
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

/** Value of an expression in the page, by the debugger: the page's policy does not hold it back, and stays as it is. */
export async function inPage<Value>(page: Page, expression: string): Promise<Value> {
  const session = await page.context().newCDPSession(page);
  try {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      ...{ expression, awaitPromise: true, returnByValue: true },
    });
    if (exceptionDetails !== undefined)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value as Value;
  } finally {
    await session.detach();
  }
}
