#!/usr/bin/env node
// The committed command `fairlead`: runs the built CLI, or says how to build it.
import { existsSync } from 'node:fs';

const cli = new URL('../dist/src/cli.js', import.meta.url);

if (existsSync(cli)) {
  await import(cli.href);
} else {
  console.error(
    'fairlead: not built yet. In the checkout, run "npm start" first (it sets up all it needs).',
  );
  process.exitCode = 6;
}
