/** Columns of the registries. They are API: none is ever renamed or moved. What a host does not tell is left empty. */
import { span } from './duration.ts';
import type { RegistryKind } from './kinds.ts';
import type { Mood, Style } from './style.ts';
import type { Entry } from './surveys.ts';
import type { Column } from './table.ts';
import { isObject } from './view.ts';

export interface RegistryLooks {
  readonly style: Style;
  readonly nowMs: number;
  /** HOST is shown without `-o wide` as well. */
  readonly hosts: boolean;
}

type Cell = (entry: Entry, looks: RegistryLooks) => string;
type Line = readonly [head: string, cell: Cell, wide?: 'wide'];

/** A field as it is; a list separated by commas. */
const as =
  (field: string): Cell =>
  (entry) =>
    plain(entry[field]);
const numberIn = (entry: Entry, field: string): number | undefined => {
  const value = entry[field];
  return typeof value === 'number' ? value : undefined;
};
const ms =
  (field: string): Cell =>
  (entry) => {
    const value = numberIn(entry, field);
    if (value === undefined) return '';
    return value < 1_000 && value > 0 ? `${Math.round(value)}ms` : span(value);
  };
const percent =
  (field: string, digits = 1): Cell =>
  (entry) => {
    const value = numberIn(entry, field);
    return value === undefined ? '' : `${(100 * value).toFixed(digits)}%`;
  };
/** How long ago an ISO time was. */
const ago =
  (field: string): Cell =>
  (entry, { nowMs }) => {
    const value = entry[field];
    const atMs = typeof value === 'string' ? Date.parse(value) : NaN;
    return Number.isNaN(atMs) ? '' : `${span(nowMs - atMs)} ago`;
  };
const of =
  (part: string, whole: string): Cell =>
  (entry) => {
    const [now, most] = [plain(entry[part]), plain(entry[whole])];
    if (now === '' || most === '') return now;
    return `${now}/${most}`;
  };
const marked =
  (field: string, moods: Readonly<Record<string, Mood>>): Cell =>
  (entry, { style }) => {
    const text = plain(entry[field]);
    const mood = moods[text] ?? 'idle';
    return style.decorated && text !== '' ? `${style.symbol(mood)} ${text}` : text;
  };

function plain(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number')
    return String(Number.isInteger(value) ? value : Math.round(value * 100) / 100);
  if (typeof value === 'string' || typeof value === 'boolean') return String(value);
  if (Array.isArray(value)) return value.map(plain).join(',');
  return JSON.stringify(value);
}

/** The bucket that all calls to one account and region share. */
const providerText: Cell = ({ provider }) =>
  isObject(provider) ? plain(provider['ratePerSecond']) : '';

/** The fastest of the windows that are watched. */
const burnText: Cell = ({ burn }) => {
  const rates = (Array.isArray(burn) ? (burn as unknown[]) : []).flatMap((each) =>
    isObject(each) && isObject(each['long']) && typeof each['long']['burn'] === 'number'
      ? [each['long']['burn']]
      : [],
  );
  return rates.length === 0 ? '' : `${plain(Math.max(...rates))}x`;
};

/** What a back end can do besides copying, by the names of the orders. */
const abilities: Cell = (entry) =>
  ['pause', 'syncNow', 'groups', 'testFailover', 'crossRegion']
    .filter((name) => entry[name] === true)
    .join(',');

/** Who ordered the host to run nothing, and why. */
const drainedBy: Cell = ({ drain }) =>
  isObject(drain) ? `${plain(drain['by'])} "${plain(drain['reason'])}"` : '';

/** A retry preset, or what calls of a service are allowed, in one line. */
const policyNumbers: Cell = (entry, looks) => {
  const cell = (read: Cell): string => read(entry, looks);
  if (entry['type'] !== 'retry')
    return [
      `opens after ${cell(as('failuresMax'))} failures for ${cell(ms('openBaseMs'))}`,
      `closes after ${cell(as('successThreshold'))}`,
      `${cell(as('concurrentMax'))} at once, ${cell(ms('attemptTimeoutMs'))} each`,
      `${cell(as('ratePerSecond'))}/s, burst ${cell(as('burst'))}`,
    ].join(' · ');
  return [
    `${cell(as('maxAttempts'))} attempts`,
    `${cell(ms('baseMs'))} ×${cell(as('multiplier'))} up to ${cell(ms('capMs'))}`,
    `jitter ${cell(as('jitter'))}`,
    `within ${cell(ms('deadlineMs'))}`,
  ].join(' · ');
};

const lines: Readonly<Record<Exclude<RegistryKind, 'breaker'>, readonly Line[]>> = {
  limit: [
    ['KEY', as('name')],
    ['IN FLIGHT', of('inFlight', 'concurrentMax')],
    ['QUEUED', of('queued', 'queueMax')],
    ['RATE/S', of('ratePerSecond', 'rateMaxPerSecond')],
    ['PROVIDER/S', providerText],
    ['TOKENS', of('tokens', 'burst')],
    ['RETRIES', of('retryTokens', 'retryTokensMax')],
    ['EFFECTIVE', as('effective')],
    ['BINDS', as('binds')],
  ],
  budget: [
    ['NAME', as('name')],
    ['REMAINING', percent('remaining')],
    ['TARGET', percent('target', 2)],
    ['WINDOW', ms('windowMs')],
    ['FAILED', of('failed', 'allowed')],
    ['SAMPLES', as('samples')],
    ['BURN', burnText],
    ['ALERT', marked('alert', { none: 'good', ticket: 'changing', page: 'bad' })],
    ['LEVEL', as('level')],
    ['SPENT IN', ms('exhaustedInMs'), 'wide'],
  ],
  health: [
    ['NAME', as('name')],
    ['STATUS', marked('status', { healthy: 'good', unhealthy: 'bad', unknown: 'changing' })],
    ['SUCCESS', percent('successRate')],
    ['TOOK', ms('durationMs')],
    ['SINCE', ago('since')],
    ['LAST OK', ago('lastOk')],
    ['LAST FAILURE', ago('lastFailure'), 'wide'],
    ['ERROR', as('error')],
  ],
  policy: [
    ['NAME', as('name')],
    ['TYPE', as('type')],
    ['NUMBERS', policyNumbers],
    ['USED BY', as('usedBy')],
  ],
  effect: [
    ['NAME', as('name')],
    ['POLICY', as('purpose')],
    ['CALLS', as('keyClasses')],
    ['TIMEOUT', ms('attemptTimeoutMs')],
    ['PRIORITY', as('priority')],
    ['SAFE BY', as('repeat')],
    ['UNDONE BY', as('compensation')],
    ['NO RETURN', as('pointOfNoReturn'), 'wide'],
  ],
  config: [
    ['NAME', as('name')],
    ['VALUE', as('value')],
    ['SOURCE', as('source')],
    ['VARIABLE', as('variable')],
  ],
  metric: [
    ['NAME', as('name')],
    ['TYPE', as('type')],
    ['VALUE', as('value')],
    ['COUNT', as('count'), 'wide'],
    ['SUM', as('sum'), 'wide'],
  ],
  backend: [
    ['NAME', as('name')],
    ['STATUS', marked('status', { available: 'good', partial: 'changing', unavailable: 'bad' })],
    ['MODES', as('modes')],
    ['CAN', abilities],
    ['FENCE PROOF', as('fenceProof')],
    ['EVERY AT LEAST', ms('minIntervalMs')],
    ['ASKED', ago('asked'), 'wide'],
    ['WHY', as('why')],
  ],
  host: [
    ['NAME', as('name')],
    [
      'STATUS',
      marked('status', {
        serving: 'good',
        standby: 'good',
        taking: 'changing',
        draining: 'changing',
        replaced: 'bad',
      }),
    ],
    ['PARTITIONS', of('partitions', 'share')],
    ['ACTORS', as('residents')],
    ['UP SINCE', ago('since')],
    ['VERSION', as('version')],
    ['DRAINED BY', drainedBy, 'wide'],
  ],
  partition: [
    ['NAME', as('name')],
    [
      'STATUS',
      marked('status', {
        ...{ serving: 'good', taking: 'changing', leaving: 'changing', failed: 'bad' },
      }),
    ],
    ['FENCE', as('fence')],
    ['ACTORS', as('actors')],
    ['SINCE', ago('since')],
    ['WHY', as('reason'), 'wide'],
  ],
};

export const registryColumns = (
  kind: Exclude<RegistryKind, 'breaker'>,
  looks: RegistryLooks,
): readonly Column<Entry>[] => [
  ...lines[kind].map(([head, cell, wide]) => ({
    head,
    cell: (entry: Entry) => cell(entry, looks),
    ...(wide === undefined ? {} : { wide: true }),
  })),
  { head: 'HOST', cell: (entry) => entry.host, wide: !looks.hosts },
];
