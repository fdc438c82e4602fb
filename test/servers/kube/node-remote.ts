/** Port Remote as a node would be it: the shipped script in real bash, with a `k3s` that asks a pretended API server. */
import { spawn } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Remote } from '../../../actors/ports.ts';
import { KubeFault } from '../../../src/k3s/kube-faults.ts';
import { parseResult, renderScript } from '../../../src/k3s/script.ts';
import type { Verb } from '../../../src/k3s/script.ts';
import { kubectl } from './kubectl.ts';

/** What SSM shows of an output. */
const shownChars = 24_000;

export interface NodeRemote extends Remote {
  /** Instance ids in the order they were asked. */
  readonly asked: string[];
  /** Orders of this instance never reach it. */
  readonly dead: Set<string>;
  /** The longest output so far, in characters. */
  longest(): number;
  stop(): Promise<void>;
}

/** Hands its arguments and its input to this process, which is quicker than a process of its own per call. */
const k3s = (port: number): string => `#!/bin/bash
shift
input=/dev/null
case " $* " in *' -f - '*) input=- ;; esac
arguments=$(printf '%s\\n' "$@" | base64 -w0)
answer=$(curl -q -sS -H "x-arguments: $arguments" --data-binary "@$input" "http://127.0.0.1:${String(port)}/")
exit_code=\${answer%%$'\\n'*}
answer=\${answer#*$'\\n'}
if [[ $exit_code == 0 ]]; then printf '%s\\n' "$answer"; else printf '%s\\n' "$answer" >&2; fi
exit "$exit_code"
`;

export async function startNodeRemote(server: string): Promise<NodeRemote> {
  const root = mkdtempSync(join(tmpdir(), 'fairlead-kube-'));
  const bin = join(root, 'usr/local/bin');
  mkdirSync(bin, { recursive: true });
  const side = createServer((request, response) => {
    let input = '';
    request.setEncoding('utf8').on('data', (text: string) => (input += text));
    request.on('end', () => {
      const given = String(request.headers['x-arguments']);
      const args = Buffer.from(given, 'base64').toString().trimEnd().split('\n');
      void kubectl(server, args, input).then(({ exit, stdout, stderr }) =>
        response.end(`${String(exit)}\n${exit === 0 ? stdout : stderr}`),
      );
    });
  });
  await new Promise<void>((resolve) => side.listen(0, '127.0.0.1', resolve));
  const script = k3s((side.address() as AddressInfo).port);
  writeFileSync(join(bin, 'k3s'), script, { mode: 0o755 });
  const env = { PATH: process.env['PATH'] ?? '', FAIRLEAD_ROOT: root };
  const asked: string[] = [];
  const dead = new Set<string>();
  let longest = 0;
  return {
    ...{ asked, dead },
    longest: () => longest,
    stop: async () => {
      side.closeAllConnections();
      await new Promise((resolve) => side.close(resolve));
      rmSync(root, { recursive: true, force: true });
    },
    async run({ verb, opId, parameters, instanceId }, { signal }) {
      asked.push(instanceId);
      if (dead.has(instanceId)) throw undelivered();
      const file = join(root, `${opId}.sh`);
      writeFileSync(file, renderScript(verb as Verb, { ...parameters, FL_OP: opId }));
      const stdout = await outputOf(file, env, signal);
      longest = Math.max(longest, stdout.length);
      const { ok, code, hint = '', facts = {} } = parseResult(stdout.slice(0, shownChars));
      return { ok, code, hint, facts, running: false, progress: ok ? 100 : 0 };
    },
  };
}

const undelivered = (): KubeFault =>
  new KubeFault({
    ...{ type: 'Unavailable', code: 'ssm.DeliveryTimedOut', mayHaveHappened: false },
    message: 'the command was not delivered',
  });

function outputOf(file: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', [file], { env, signal, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.on('error', reject).on('close', () => {
      resolve(stdout);
    });
  });
}
