/** Runs the CLI in this process against a fake service. */
import { run } from '../../../src/cli/run.ts';
import { fakeService } from './fake-service.ts';
import type { FakeService } from './fake-service.ts';
import { fakeTerminal } from './fake-terminal.ts';
import type { FakeTerminal, TerminalOptions } from './fake-terminal.ts';

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param line  words separated by blanks */
export async function fairlead(
  line: string,
  service: FakeService = fakeService(),
  options: TerminalOptions = {},
): Promise<Ran> {
  return finished(line, service, fakeTerminal(options));
}

export async function finished(
  line: string,
  service: FakeService,
  terminal: FakeTerminal,
): Promise<Ran> {
  const words = line.split(' ').filter((word) => word !== '');
  const connected = async () => service.session;
  // Any address will do: the fake is behind it.
  const argv = ['--nats', 'nats://127.0.0.1:4222', ...words];
  const exit = await run(argv, terminal, connected);
  return { exit, stdout: terminal.stdout(), stderr: terminal.stderr() };
}
