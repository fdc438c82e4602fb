/** What the hosts tell of themselves, put together for the page. Pure. */

/** One question with its answer, as `/healthz` tells it. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** `GET /healthz`, and the same with status 503. */
export interface HealthBody {
  readonly healthy: boolean;
  readonly message: string;
  readonly last_reconcile: string;
  readonly error_rate: number;
  readonly ready: boolean;
  readonly level: string;
  readonly checks: readonly Check[];
}

const live = ['eventLoop', 'progress', 'turns'];

/** The checks behind each address: whether the process lives, whether commands are taken, and all with the probes. */
export function checkGroups(checks: readonly Check[]): readonly {
  readonly path: '/livez' | '/readyz' | 'probes';
  readonly checks: readonly Check[];
}[] {
  const pathOf = ({ name }: Check): string => {
    if (name.startsWith('probe:')) return 'probes';
    return live.includes(name) ? '/livez' : '/readyz';
  };
  return (['/livez', '/readyz', 'probes'] as const).map((path) => ({
    path,
    checks: checks.filter((check) => pathOf(check) === path),
  }));
}

/** `GET /api/read/<registry>/system/_/survey`: one answer per host. */
export interface Survey {
  readonly answers: readonly HostAnswer[];
}

interface HostAnswer {
  readonly host?: string;
  readonly items?: readonly Item[];
  /** ISO time of the host. */
  readonly asOf?: string;
}

interface Item {
  readonly name: string;
  readonly metric?: string;
  readonly value?: number;
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly [field: string]: unknown;
}

/** Metrics that the table of hosts is made of. */
const hostMetrics = [
  'fairlead_build_info',
  'fairlead_partitions_owned',
  'fairlead_outbox_pending',
  'fairlead_mailbox_waiting',
  'fairlead_mailbox_oldest_seconds',
  'fairlead_quarantined',
  'fairlead_inspector_feed_lag',
  'fairlead_inspector_streams',
  'fairlead_residents',
  'process_start_time_seconds',
];

const survey = (registry: string, args: object): string =>
  `/api/read/${registry}/system/_/survey?args=${encodeURIComponent(JSON.stringify(args))}`;

export const HOSTS = survey('metric', { names: hostMetrics });
export const PROBES = survey('health', {});

/** A number that was not told is undefined, never 0. */
export interface HostFacts {
  readonly host: string;
  /** Whose actors it runs. */
  readonly partitions: number | undefined;
  readonly version: string;
  readonly startedMs: number | undefined;
  readonly actors: number | undefined;
  readonly outbox: number | undefined;
  readonly waiting: number | undefined;
  readonly oldestMs: number | undefined;
  readonly quarantined: number | undefined;
  readonly feedLag: number | undefined;
  readonly streams: number | undefined;
  /** By the clock of the host; 0 when it does not tell. */
  readonly asOfMs: number;
}

/** In order of name. */
export const hostsOf = ({ answers }: Survey): readonly HostFacts[] =>
  answers
    .filter(({ host }) => host !== undefined)
    .map(factsOf)
    .sort((left, right) => left.host.localeCompare(right.host));

function factsOf({ host = '', items = [], asOf = '' }: HostAnswer): HostFacts {
  const told = (metric: string): readonly Item[] => items.filter((item) => item.metric === metric);
  const sum = (metric: string): number | undefined => {
    const found = told(metric);
    return found.length === 0
      ? undefined
      : found.reduce((total, { value = 0 }) => total + value, 0);
  };
  const inMs = (metric: string): number | undefined => {
    const seconds = sum(metric);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  const version = told('fairlead_build_info')[0]?.labels?.['version'];
  return {
    host,
    partitions: sum('fairlead_partitions_owned'),
    version: version === undefined ? 'unknown' : String(version),
    startedMs: inMs('process_start_time_seconds'),
    actors: sum('fairlead_residents'),
    outbox: sum('fairlead_outbox_pending'),
    waiting: sum('fairlead_mailbox_waiting'),
    oldestMs: inMs('fairlead_mailbox_oldest_seconds'),
    quarantined: sum('fairlead_quarantined'),
    feedLag: sum('fairlead_inspector_feed_lag'),
    streams: sum('fairlead_inspector_streams'),
    asOfMs: Number.isNaN(Date.parse(asOf)) ? 0 : Date.parse(asOf),
  };
}

export interface ProbeFacts {
  readonly host: string;
  readonly name: string;
  readonly status: string;
  readonly error: string;
  /** 0 to 1; undefined before the first. */
  readonly successRate: number | undefined;
  readonly durationMs: number | undefined;
  /** Wall times; undefined when it never was. */
  readonly sinceMs: number | undefined;
  readonly lastOkMs: number | undefined;
}

const ranks: Readonly<Record<string, number>> = { unhealthy: 0, unknown: 1 };

/** The worst first. */
export function probesOf({ answers }: Survey): readonly ProbeFacts[] {
  const number = (value: unknown): number | undefined =>
    typeof value === 'number' ? value : undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  const time = (value: unknown): number | undefined => {
    const atMs = typeof value === 'string' ? Date.parse(value) : NaN;
    return Number.isNaN(atMs) || atMs === 0 ? undefined : atMs;
  };
  return answers
    .flatMap(({ host = '', items = [] }) =>
      items.map((item) => ({
        ...{ host, name: item.name, status: text(item['status']) || 'unknown' },
        error: text(item['error']),
        successRate: number(item['successRate']),
        durationMs: number(item['durationMs']),
        sinceMs: time(item['since']),
        lastOkMs: time(item['lastOk']),
      })),
    )
    .sort(
      (left, right) =>
        (ranks[left.status] ?? 2) - (ranks[right.status] ?? 2) ||
        left.name.localeCompare(right.name) ||
        left.host.localeCompare(right.host),
    );
}
