/** Entry of the CLI `fairlead`: a client like any other, over NATS only. */
import { run } from './cli/run.ts';
import { connectNats } from './cli/session.ts';
import { processTerminal } from './cli/terminal.ts';

process.exitCode = await run(process.argv.slice(2), processTerminal(), connectNats);
