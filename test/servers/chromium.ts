/** A real Chromium for tests: named by CHROMIUM_BIN, found by set-up, or on PATH. Without one, tests that need it are left out. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { z } from 'zod';

const names = ['chromium', 'chromium-browser', 'google-chrome'];
const noted = z.object({ chromium: z.object({ path: z.string() }).optional() });

/** Path of the program; undefined when there is none. */
export const chromiumPath = named() ?? found() ?? onPath();

/** To be put behind a test's title, so that a run says why it was left out. */
export const chromiumNote =
  chromiumPath === undefined
    ? ' (not run: no Chromium; set CHROMIUM_BIN, or install chromium)'
    : '';

function named(): string | undefined {
  const file = process.env['CHROMIUM_BIN'];
  return file === undefined || file === '' ? undefined : file;
}

function found(): string | undefined {
  const file = path.resolve(import.meta.dirname, '../../.fairlead/setup.json');
  if (!existsSync(file)) return undefined;
  const where = noted.parse(JSON.parse(readFileSync(file, 'utf8'))).chromium?.path;
  return where !== undefined && existsSync(where) ? where : undefined;
}

function onPath(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(':').filter((each) => path.isAbsolute(each));
  return folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

/**
 * A browser that calls nobody but who it is sent to.
 * @param more further arguments of the program
 * @throws Error without {@link chromiumPath}
 */
export async function launchChromium(more: readonly string[] = []): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(`no Chromium${chromiumNote}`);
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      ...more,
    ],
  });
}
