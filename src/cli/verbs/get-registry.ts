/** `fairlead get breakers|limits|budgets|health|policies|effects|config|backends`: what every host remembers. */
import { breakerColumns } from '../breaker-columns.ts';
import { bareKey, isMeant, resolveKey } from '../breaker-keys.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { Failure, usage } from '../failure.ts';
import { kindOf, pluralOf } from '../kinds.ts';
import type { RegistryKind } from '../kinds.ts';
import { limitsOfCluster, withEffective } from '../limits-of-cluster.ts';
import { nearest } from '../../../actors/nearest.ts';
import { printListing } from '../output.ts';
import { registryColumns } from '../registry-columns.ts';
import type { Session } from '../session.ts';
import type { Shell } from '../shell.ts';
import { surveyBreakers, surveyRegistry } from '../surveys.ts';
import type { BreakerEntry, Entry } from '../surveys.ts';

export async function getRegistry(shell: Shell, kind: RegistryKind): Promise<Exit> {
  const { flags } = shell;
  if (flags.cluster !== undefined && kind !== 'limit')
    throw usage(`--cluster is for limits, not for ${pluralOf(kind)}`);
  if (flags.now === true && kind !== 'health' && kind !== 'backend')
    throw usage(`--now is for health and backends, not for ${pluralOf(kind)}`);
  const names = namesIn(shell);
  const session = await shell.session();
  return kind === 'breaker'
    ? getBreakers(shell, session, names)
    : getEntries(shell, session, kind, names);
}

/** Names after the kind: `health cpu`, or `health/cpu`. */
export function namesIn({ operands }: Shell): readonly string[] {
  const [first = '', ...rest] = operands;
  const [word = '', ...path] = first.split('/');
  const names = path.length === 0 ? rest : [path.join('/'), ...rest];
  return names.map((name) =>
    kindOf(name.split('/')[0] ?? '') === kindOf(word) ? bare(name) : name,
  );
}

const bare = (name: string): string =>
  name.includes('/') ? name.slice(name.indexOf('/') + 1) : name;

async function getBreakers(
  shell: Shell,
  session: Session,
  words: readonly string[],
): Promise<Exit> {
  const { breakers, standing } = await surveyBreakers(session);
  const rows = ofHost(shell, breakersNamed(breakers, words));
  if (rows.length === 0) await knowHost(shell, session);
  const looks = { style: shell.outStyle, nowMs: shell.terminal.nowMs(), standing };
  await printListing(shell.terminal, shell.wish, {
    columns: breakerColumns({ ...looks, hosts: areMany(rows) }),
    rows,
    object: ({ isLive, ...each }) => ({
      ...{ apiVersion: 'fairlead.dev/v1', kind: 'Breaker', ...each, isLive },
    }),
    name: (each) => `breaker/${each.key}`,
    single: words.length === 1 && rows.length === 1,
  });
  if (rows.length === 0) shell.note('no breakers yet: the first call makes one');
  return exits.ok;
}

/** Those the words mean, all of them without words. */
export function breakersNamed(
  breakers: readonly BreakerEntry[],
  words: readonly string[],
): readonly BreakerEntry[] {
  if (words.length === 0) return breakers;
  const known = [...new Set(breakers.map(({ key }) => key))];
  const keys = words.map((word) => resolveKey(bareKey(word), known));
  return breakers.filter(({ key }) => keys.some((wanted) => isMeant(wanted, key)));
}

async function getEntries(
  shell: Shell,
  session: Session,
  kind: Exclude<RegistryKind, 'breaker'>,
  names: readonly string[],
): Promise<Exit> {
  const now = shell.flags.now === true;
  const all = await surveyRegistry(session, kind, {
    ...(now ? { now } : {}),
    ...(now && names.length > 0 ? { names } : {}),
  });
  const { cluster } = shell.flags;
  const shown =
    kind !== 'limit'
      ? all
      : cluster === undefined
        ? withEffective(all)
        : await limitsOfCluster(shell, session, cluster, all);
  const rows = ofHost(shell, names.length === 0 ? shown : entriesNamed(kind, shown, names));
  if (rows.length === 0) await knowHost(shell, session);
  const looks = { style: shell.outStyle, nowMs: shell.terminal.nowMs(), hosts: areMany(rows) };
  await printListing(shell.terminal, shell.wish, {
    columns: registryColumns(kind, looks),
    rows,
    object: (entry) => objectOf(kind, entry),
    name: (entry) => `${kind}/${entry.name}`,
    single: names.length === 1 && rows.length === 1,
  });
  if (rows.length === 0)
    shell.note(
      `no ${pluralOf(kind)} ${shell.flags.host === undefined ? 'yet' : `of host ${shell.flags.host}`}`,
    );
  return exits.ok;
}

/** An entry with the two fields every object carries; a kind of its own is told as its type. */
function objectOf(kind: RegistryKind, { kind: type, ...entry }: Entry): object {
  const title = `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}`;
  const own = type === undefined ? {} : { type };
  return { apiVersion: 'fairlead.dev/v1', kind: title, ...own, ...entry };
}

function entriesNamed(
  kind: RegistryKind,
  entries: readonly Entry[],
  names: readonly string[],
): readonly Entry[] {
  for (const name of names) {
    if (entries.some((entry) => entry.name === name)) continue;
    const known = [...new Set(entries.map((entry) => entry.name))];
    const near = nearest(name, known);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new Failure(
      {
        code: 'resource.notFound',
        message: `there is no ${kind} ${name}${hint}`,
        allowedNext: known,
        retryable: false,
      },
      exits.notFound,
      [`fairlead get ${pluralOf(kind)}`],
    );
  }
  return entries.filter((entry) => names.includes(entry.name));
}

function ofHost<Row extends { readonly host: string }>(
  { flags }: Shell,
  rows: readonly Row[],
): readonly Row[] {
  return flags.host === undefined ? rows : rows.filter(({ host }) => host === flags.host);
}

/** @throws Failure `resource.notFound` when `--host` names a host that does not answer */
async function knowHost({ flags }: Shell, session: Session): Promise<void> {
  if (flags.host !== undefined)
    entriesNamed('host', await surveyRegistry(session, 'host'), [flags.host]);
}

/** Whether more than one host has told. */
const areMany = (rows: readonly { readonly host: string }[]): boolean =>
  new Set(rows.map(({ host }) => host).filter((host) => host !== '')).size > 1;
