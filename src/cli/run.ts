/** One run of the CLI from words to exit code; everything it touches comes in by parameter. */
import { exits } from './exit-codes.ts';
import type { Exit } from './exit-codes.ts';
import { asFailure, failureJson, failureText } from './failure.ts';
import { helpText, parseCall } from './program.ts';
import type { Connect } from './session.ts';
import { openShell } from './shell.ts';
import { styleFor } from './style.ts';
import type { Terminal } from './terminal.ts';
import { completed, verbFirst, wantsJson } from './words.ts';

/** Runs the CLI with `argv` (without node and script); resolves to the exit code and never rejects. */
export async function run(
  argv: readonly string[],
  terminal: Terminal,
  connect: Connect,
): Promise<Exit> {
  try {
    if (argv.length === 0) {
      terminal.err(helpText());
      return exits.usage;
    }
    if (argv[0] === '--version' || argv[0] === '-V')
      return await run(['version'], terminal, connect);
    const call = parseCall(completed(verbFirst(argv)), (text) => {
      terminal.out(text);
    });
    if (call === undefined) return exits.ok;
    const shell = openShell(terminal, call.operands, call.flags, connect);
    try {
      const verb = await call.line.load();
      return await verb(shell);
    } finally {
      await shell.close();
    }
  } catch (thrown) {
    // Ctrl-C may end any call on its way; what it left behind is no error to report.
    if (terminal.interrupted.aborted) return exits.interrupted;
    const failure = asFailure(thrown);
    terminal.err(
      wantsJson(argv) ? failureJson(failure) : failureText(failure, styleFor(terminal, 'err')),
    );
    return failure.exit;
  }
}
