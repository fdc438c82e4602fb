/** `fairlead metrics`: one look, `--live` again and again, `--export` as a report. */
import { creationTargetMs } from '../../../machines/cluster-measures.ts';
import { profiles } from '../../../machines/limits.ts';
import type { ProfileName } from '../../../machines/limits.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { problemIn, usage } from '../failure.ts';
import { clusterTimes } from '../metrics/cluster-times.ts';
import { exportText } from '../metrics/export.ts';
import { fleetTimes, phaseKpis, serviceKpis, turnsPerMinute } from '../../kpi/kpis.ts';
import type { Kpi } from '../../kpi/kpis.ts';
import { kpiTable, lookObject, uptimeSeconds } from '../metrics/report.ts';
import type { Look } from '../metrics/report.ts';
import type { Sample } from '../../kpi/samples.ts';
import { objectText } from '../output.ts';
import { readCluster } from '../reads.ts';
import { span } from '../duration.ts';
import type { Session } from '../session.ts';
import type { Shell, Verb } from '../shell.ts';
import { surveyRegistry } from '../surveys.ts';
import { timeLimit } from '../../time-limit.ts';
import { sleep } from '../../sleep.ts';

const intervalDefaultMs = 2_000;
/** The shortest that makes sense: a survey itself listens for a quarter of a second. */
const intervalMinMs = 500;

export const metrics: Verb = async (shell) => {
  const { flags } = shell;
  if (flags.live === true && flags.export === true)
    throw usage('metrics takes either --live or --export');
  if (flags.format !== undefined && flags.export !== true)
    throw usage('--format goes with --export', { tries: ['fairlead metrics --export'] });
  if (flags.interval !== undefined && flags.live !== true)
    throw usage('--interval goes with --live', { tries: ['fairlead metrics --live'] });
  const session = await shell.session();
  if (flags.live === true) return live(shell, session);
  const seen = await look(shell, session, undefined);
  if (flags.export === true) shell.terminal.out(exportText(seen, flags.format ?? 'json'));
  else await print(shell, seen);
  return exits.ok;
};

async function look(shell: Shell, session: Session, before: Look | undefined): Promise<Look> {
  const { cluster } = shell.flags;
  const entries = await surveyRegistry(session, 'metric');
  const samples = entries as readonly unknown[] as readonly Sample[];
  const atMs = shell.terminal.nowMs();
  const own = cluster === undefined ? undefined : await ofCluster(shell, session, cluster);
  const phases = own?.kpis ?? phaseKpis(fleetTimes(samples));
  const kpis = [...phases, ...serviceKpis(samples, turnsPerMinute({ atMs, samples }, before))];
  return { atMs, samples, kpis, ...(own === undefined ? {} : { cluster: own.name }) };
}

/** The creation of one cluster against the target of its profile and size. */
async function ofCluster(
  shell: Shell,
  session: Session,
  cluster: string,
): Promise<{ readonly name: string; readonly kpis: readonly Kpi[] }> {
  const [first = '', second] = cluster.split('/');
  const [namespace, name] = second === undefined ? [shell.namespace, first] : [first, second];
  const key = { kind: 'cluster', namespace, name };
  const view = await readCluster(session, key);
  const nodes = view.status?.nodes?.length ?? 1;
  const { profile = '' } = view.spec ?? {};
  const target = isProfile(profile) ? creationTargetMs(profile, nodes) / 1_000 : undefined;
  return {
    name: `cluster/${namespace}/${name}`,
    kpis: phaseKpis(await clusterTimes(session, key, view.status?.createdAtMs), target),
  };
}

const isProfile = (name: string): name is ProfileName => Object.hasOwn(profiles, name);

/** Draws in place on a terminal; lines of JSON otherwise. Ends with Ctrl-C, or after `--timeout`. */
async function live(shell: Shell, session: Session): Promise<Exit> {
  const { terminal, flags, outStyle } = shell;
  const intervalMs = Math.max(intervalMinMs, flags.interval ?? intervalDefaultMs);
  const limit = timeLimit(flags.timeout ?? Infinity, terminal.interrupted);
  const { signal } = limit;
  let before: Look | undefined;
  let isAway = false;
  while (!signal.aborted) {
    try {
      const seen = await look(shell, session, before);
      before = seen;
      isAway = false;
      if (outStyle.live) terminal.out(`\u001b[H\u001b[2J${screen(shell, seen)}`);
      else if (flags.output === 'table') await print(shell, seen);
      else terminal.out(`${JSON.stringify(lookObject(seen))}\n`);
    } catch (thrown) {
      if ((problemIn(thrown)?.status ?? 500) !== 503) throw thrown;
      if (!isAway) shell.note('no host answers; what is shown may be old');
      isAway = true;
    }
    await sleep(intervalMs, signal);
  }
  limit.end();
  return terminal.interrupted.aborted ? exits.interrupted : exits.ok;
}

function screen(shell: Shell, seen: Look): string {
  const { outStyle: style } = shell;
  const uptime = uptimeSeconds(seen);
  const up = uptime === undefined ? '' : `   up ${span(uptime * 1_000)}`;
  const whose = seen.cluster ?? 'all clusters';
  const head = `${style.symbol('good')} live   ${whose}${up}   ${new Date(seen.atMs).toISOString()}   Ctrl-C ends`;
  return `${head}\n\n${kpiTable(seen, style, true)}`;
}

async function print({ terminal, wish, outStyle }: Shell, seen: Look): Promise<void> {
  switch (wish.format) {
    case 'json':
    case 'yaml':
      terminal.out(await objectText(wish.format, lookObject(seen)));
      return;
    case 'jsonl':
      terminal.out(`${JSON.stringify(lookObject(seen))}\n`);
      return;
    case 'name':
      terminal.out(seen.kpis.map(({ name }) => `${name}\n`).join(''));
      return;
    case 'table':
    case 'wide':
      terminal.out(kpiTable(seen, outStyle, wish.headers));
  }
}
