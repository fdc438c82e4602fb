#!/usr/bin/env node
// Makes a fresh clone able to run: packages, nats-server, build. First step of start, test, demo and bench.
// Needs nothing but Node; `--quiet` keeps stdout free for the command that follows, `--for-tests` adds what only tests use.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `setup: this is Node ${process.versions.node}; Fairlead needs 20.19 or newer. Install Node 20, 22 or 24 and run the command again.`,
  );
  process.exitCode = 1;
} else {
  const { setUp } = await import('./setup/steps.mjs');
  process.exitCode = setUp({
    quiet: process.argv.includes('--quiet'),
    forTests: process.argv.includes('--for-tests'),
  });
}
