/** `fairlead breaker describe`: one breaker for reading, on every host that has it. */
import { clockText, isolatingOrder, stateText } from '../breaker-columns.ts';
import { isMeant } from '../breaker-keys.ts';
import { eventColumns } from '../columns.ts';
import { span } from '../duration.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import type { Shell } from '../shell.ts';
import { surveyBreakers } from '../surveys.ts';
import type { BreakerEntry, StandingOrder } from '../surveys.ts';
import { tableText } from '../table.ts';
import { breakerEvents } from './breaker-events.ts';
import { breakersNamed, getRegistry, namesIn } from './get-registry.ts';

/** Newest events shown. */
const eventsShown = 8;

export async function describeBreaker(shell: Shell): Promise<Exit> {
  if (!['table', 'wide'].includes(shell.wish.format)) return getRegistry(shell, 'breaker');
  const words = namesIn(shell);
  if (words.length === 0)
    throw usage('describe needs a key', {
      tries: ['fairlead breaker describe <key>', 'fairlead breaker list'],
    });
  const session = await shell.session();
  const { breakers, standing } = await surveyBreakers(session);
  const rows = breakersNamed(breakers, words);
  const parts = rows.map((row) => textOf(shell, row, standing));
  shell.terminal.out(parts.join('\n'));
  const keys = [...new Set(rows.map(({ key }) => key))];
  const events = (await (await breakerEvents(session, ['breaker', ...keys])).stored())
    .sort((left, right) => (left.time ?? '').localeCompare(right.time ?? ''))
    .slice(-eventsShown);
  if (events.length > 0) {
    const columns = eventColumns.filter(({ wide }) => wide !== true);
    shell.terminal.out(`\nLast events\n${tableText(columns, events, { headers: false })}`);
  }
  return exits.ok;
}

function textOf(shell: Shell, each: BreakerEntry, standing: readonly StandingOrder[]): string {
  const { outStyle: style, terminal } = shell;
  const nowMs = terminal.nowMs();
  const orders = standing.filter(({ key }) => isMeant(key, each.key));
  const lines = [
    joined(style.paint('bold', `breaker/${each.key}`), `host ${each.host}`, epochText(each)),
    row('State', joined(stateText(style, each), untilLine(each, nowMs))),
    row('Isolation', isolationText(each, standing, nowMs)),
    row('Window', windowText(each)),
    row('Calls', callsText(each)),
    row('Waiting', each.waiting === undefined ? '' : `${each.waiting} operations`),
    row(
      'Would trip',
      (each.wouldHaveTripped ?? 0) > 0 ? `${each.wouldHaveTripped ?? 0} times while observed` : '',
    ),
    row('Last trip', lastTripText(each)),
    row('Policy', policyText(each.policy)),
    row('From', originText(each.key, orders)),
    ...orders.map((order) => row('Order', orderText(order, nowMs))),
  ];
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line}\n`)
    .join('');
}

const joined = (...parts: readonly string[]): string =>
  parts.filter((part) => part !== '').join('   ');
const row = (label: string, value: string): string =>
  value === '' ? '' : `${label.padEnd(12)}${value}`;

const epochText = ({ epoch, isLive }: BreakerEntry): string =>
  joined(
    epoch === undefined ? '' : `epoch ${epoch}`,
    isLive ? '' : 'its host does not answer: as stored',
  );

const untilLine = ({ state, openUntilMs, tripsInRow = 0 }: BreakerEntry, nowMs: number): string =>
  state === 'open'
    ? joined(`until ${clockText(openUntilMs, nowMs)}`, `trip ${tripsInRow} in a row`)
    : '';

function isolationText(
  { key, isolation }: BreakerEntry,
  standing: readonly StandingOrder[],
  nowMs: number,
): string {
  if (isolation === null || isolation === undefined) return '';
  const by = isolatingOrder(key, standing)?.by;
  const until = clockText(isolation.untilMs, nowMs);
  return joined(
    by === undefined ? '' : `by ${by}`,
    `"${isolation.reason}"`,
    `since ${new Date(isolation.sinceMs).toISOString()}`,
    until === 'released' ? 'until it is released' : `until ${until}`,
  );
}

function windowText({ window, consecutive = 0 }: BreakerEntry): string {
  if (window === undefined) return '';
  const { calls, failed, slow } = window;
  return `${calls} calls in the last 60 s: ${failed} failed, ${slow} slow; ${consecutive} failures in a row`;
}

const callsText = ({ calls }: BreakerEntry): string =>
  calls === undefined
    ? ''
    : Object.entries(calls)
        .map(([outcome, count]) => `${outcome} ${count}`)
        .join(' · ');

function lastTripText({ lastTrip }: BreakerEntry): string {
  if (lastTrip === null || lastTrip === undefined) return '';
  const number = (field: string): number => {
    const value = lastTrip[field];
    return typeof value === 'number' ? value : 0;
  };
  const text = (field: string): string => {
    const value = lastTrip[field];
    return typeof value === 'string' ? value : '';
  };
  return joined(
    new Date(number('atMs')).toISOString(),
    [text('type'), text('code')]
      .filter((word, index, all) => all.indexOf(word) === index)
      .join(' '),
    text('requestId') === '' ? '' : `request ${text('requestId')}`,
    `${number('consecutive')} in a row, ${number('failed')} failed and ${number('slow')} slow of ${number('calls')} calls`,
  );
}

/** Policy fields as people know them, by the flag that sets each. */
const fields = {
  failuresMax: '--failures',
  openBaseMs: '--open',
  successThreshold: '--successes',
  probesMax: '--probes',
  attemptTimeoutMs: '--attempt-timeout',
  concurrentMax: '--concurrent',
  ratePerSecond: '--rate',
  burst: '--burst',
} as const;
const wordOf = (field: string): string =>
  Object.hasOwn(fields, field) ? fields[field as keyof typeof fields].slice(2) : field;

const policyText = (policy: BreakerEntry['policy'] = {}): string =>
  Object.keys(fields)
    .flatMap((field) => {
      const value = policy[field];
      return value === undefined ? [] : [`${wordOf(field)} ${valueText(field, value)}`];
    })
    .join(' · ');

const valueText = (field: string, value: number): string =>
  field.endsWith('Ms') ? (value < 1_000 ? `${value}ms` : span(value)) : String(value);

/** Where the policy comes from: fields set by order, the rest from the row of its class. */
function originText(key: string, orders: readonly StandingOrder[]): string {
  const set = orders
    .filter(({ verb }) => verb === 'set')
    .flatMap(({ policy }) => Object.keys(policy));
  const row = `the row of ${key.split('/').at(-1) ?? key} in the host's profile`;
  return set.length === 0
    ? row
    : `set by order: ${set.map(wordOf).join(', ')}; the rest from ${row}`;
}

function orderText(order: StandingOrder, nowMs: number): string {
  const { verb, key, reason, by, atMs, untilMs, policy } = order;
  const what = Object.entries(policy).map(
    ([field, value]) => `${wordOf(field)} ${valueText(field, value)}`,
  );
  return joined(
    `${verb} ${key}`,
    what.join(' '),
    by === undefined ? '' : `by ${by}`,
    `"${reason}"`,
    new Date(atMs).toISOString(),
    verb === 'isolate' && clockText(untilMs, nowMs) !== 'released'
      ? `until ${clockText(untilMs, nowMs)}`
      : '',
  );
}
