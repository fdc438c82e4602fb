/** `fairlead doctor`: the way from here to the service, part by part; the first broken part names its fix. */
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { asFailure } from '../failure.ts';
import { objectText } from '../output.ts';
import { listClusters } from '../reads.ts';
import type { Session } from '../session.ts';
import type { Address } from '../settings.ts';
import type { Shell, Verb } from '../shell.ts';
import { isObject } from '../view.ts';

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly fix?: string;
}

/** Clocks further apart than this make ages and deadlines misleading. */
const skewMaxMs = 2_000;
const healthTimeoutMs = 2_000;

export const doctor: Verb = async (shell) => {
  const checks: Check[] = [nodeCheck()];
  const exit = await checkWay(shell, checks);
  await print(shell, checks);
  return exit;
};

/** Each part needs the one before it, so the first failure ends the way and gives the exit code. */
async function checkWay(shell: Shell, checks: Check[]): Promise<Exit> {
  let step = 'address';
  try {
    const address = shell.address();
    checks.push(passed('address', `${address.url}, from ${address.origin}`));
    step = 'nats';
    const session = await shell.session();
    const { name, version } = session.server();
    checks.push(
      passed('nats', `nats-server ${version}${name === '' ? '' : ` (${name})`}, JetStream on`),
    );
    step = 'service';
    const clusters = await listClusters(session, shell.namespace, true);
    checks.push(passed('service', `answers; ${clusters.length} clusters`));
    checks.push(await clockCheck(shell, session));
    checks.push(...(await hostChecks(address)));
  } catch (thrown) {
    const failure = asFailure(thrown);
    const { message, reason } = failure.problem;
    checks.push({
      name: step,
      ok: false,
      detail: [message, reason].filter(Boolean).join('; '),
      fix: failure.tries.filter((line) => line !== 'fairlead doctor').join(' | ') || 'npm start',
    });
    return failure.exit;
  }
  return checks.every((check) => check.ok) ? exits.ok : exits.failed;
}

const passed = (name: string, detail: string): Check => ({ name, ok: true, detail });

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const detail = `Node ${process.versions.node}`;
  return ok ? passed('node', detail) : { name: 'node', ok, detail, fix: 'use Node 20.19 or newer' };
}

/** Half the time of the question is allowed for: the answer was made somewhere in between. */
async function clockCheck(shell: Shell, session: Session): Promise<Check> {
  const askedMs = shell.terminal.nowMs();
  const answer = await session.query({
    kind: 'cluster',
    namespace: shell.namespace,
    name: '_',
    verb: 'list',
    arguments: { limit: 1 },
  });
  const gotMs = shell.terminal.nowMs();
  const asOf = isObject(answer) ? answer['asOf'] : undefined;
  const hostMs =
    typeof asOf === 'number' ? asOf : typeof asOf === 'string' ? Date.parse(asOf) : NaN;
  if (Number.isNaN(hostMs)) return passed('clock', 'unknown: the host does not tell its time');
  const skewMs = Math.round(hostMs - (askedMs + gotMs) / 2);
  const detail = `${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} ours`;
  if (Math.abs(skewMs) <= skewMaxMs) return passed('clock', `host clock is ${detail}`);
  return { name: 'clock', ok: false, detail: `host clock is ${detail}`, fix: 'synchronise by NTP' };
}

/** Health of the local host; a remote one does not tell us its port. */
async function hostChecks(address: Address): Promise<readonly Check[]> {
  if (address.httpPort === undefined) return [];
  const url = `http://127.0.0.1:${address.httpPort}/readyz`;
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(healthTimeoutMs) });
    const detail = `${url} answers ${response.status}`;
    if (response.ok) return [passed('host', detail)];
    return [{ name: 'host', ok: false, detail, fix: `curl '${url}?verbose'` }];
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    return [{ name: 'host', ok: false, detail: `${url}: ${cause}`, fix: 'npm start' }];
  }
}

async function print({ terminal, wish, outStyle }: Shell, checks: readonly Check[]): Promise<void> {
  if (wish.format === 'json' || wish.format === 'yaml') {
    const report = { apiVersion: 'fairlead.dev/v1', kind: 'Doctor', checks };
    terminal.out(await objectText(wish.format, report));
    return;
  }
  if (wish.format === 'jsonl') {
    for (const check of checks) terminal.out(`${JSON.stringify(check)}\n`);
    return;
  }
  for (const { name, ok, detail, fix } of checks) {
    const mark = outStyle.paint(ok ? 'green' : 'red', ok ? 'ok  ' : 'FAIL');
    terminal.out(`${mark}  ${name.padEnd(8)} ${detail}\n`);
    if (fix !== undefined) terminal.out(`      ${''.padEnd(8)} fix: ${fix}\n`);
  }
}
