/** Orders to breakers: `fairlead breaker reset|isolate|release|observe|set <key>`. Every host's guard applies them. */
import { fleetKey, keyText } from '../../../machines/ids.ts';
import { bareKey, resolveKey } from '../breaker-keys.ts';
import { parseDuration } from '../duration.ts';
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { kindOf } from '../kinds.ts';
import { printAnswer } from '../print-answer.ts';
import { send } from '../send.ts';
import type { Sent } from '../send.ts';
import type { Flags, Shell, Verb } from '../shell.ts';
import { surveyBreakers } from '../surveys.ts';

export const breakerVerb =
  (verb: string): Verb =>
  async (shell) => {
    const { flags } = shell;
    const word = keyIn(shell, verb);
    const more = argumentsOf(verb, flags);
    const session = await shell.session();
    const { breakers } = await surveyBreakers(session);
    const known = [...new Set(breakers.map((each) => each.key))];
    const key = resolveKey(word, known, { isForced: flags.force === true });
    const reason = flags.reason ?? 'no reason given';
    const order = { ...fleetKey, verb, arguments: { key, reason, ...more } };
    await print(shell, verb, key, await send(shell, session, order));
    return exits.ok;
  };

/** The one key after the kind: `breaker <key>`, or `breaker/<key>`. */
function keyIn({ operands }: Shell, verb: string): string {
  const [first = '', second, ...rest] = operands;
  const isPath = first.includes('/');
  const key = isPath ? first : second;
  const example = `fairlead breaker ${verb} main/eu-central-1/ec2:mutate`;
  if (kindOf(first.split('/')[0] ?? '') !== 'breaker')
    throw usage(`${verb} takes breakers`, { allowed: ['breaker'], tries: [example] });
  if (key === undefined)
    throw usage(`${verb} needs a key`, { tries: [example, 'fairlead breaker list'] });
  if (rest.length > 0 || (isPath && second !== undefined))
    throw usage(`${verb} takes one key; a service means all its classes`, { tries: [example] });
  return bareKey(key);
}

function argumentsOf(verb: string, flags: Flags): object {
  if (verb === 'isolate') {
    const forMs = flags.for === undefined ? undefined : parseDuration(flags.for);
    if (flags.for !== undefined && forMs === undefined)
      throw usage(`--for ${flags.for} is no span of time`, { reason: 'write one such as 30m' });
    return {
      ...(forMs === undefined ? {} : { forMs: Math.round(forMs) }),
      ...(flags.allowTeardown === true ? { allowTeardown: true } : {}),
    };
  }
  return verb === 'set' ? { policy: policyIn(flags) } : {};
}

const policyFlags = {
  failures: 'failuresMax',
  open: 'openBaseMs',
  successes: 'successThreshold',
  probes: 'probesMax',
  attemptTimeout: 'attemptTimeoutMs',
  concurrent: 'concurrentMax',
  rate: 'ratePerSecond',
  burst: 'burst',
} as const;

/** Only what was given: the rest of the policy stays as it is. */
function policyIn(flags: Flags): Readonly<Record<string, number>> {
  const given = Object.entries(policyFlags).flatMap(([flag, field]) => {
    const value = flags[flag as keyof typeof policyFlags];
    return value === undefined ? [] : [[field, value] as const];
  });
  if (given.length === 0)
    throw usage('set needs something to change', {
      allowed: Object.keys(policyFlags).map((flag) => `--${kebab(flag)}`),
      tries: ['fairlead breaker set <key> --failures 5 --open 45s'],
    });
  return Object.fromEntries(given);
}

const kebab = (word: string): string => word.replace(/[A-Z]/g, (char) => `-${char.toLowerCase()}`);

const done: Readonly<Record<string, string>> = {
  reset: 'reset',
  isolate: 'isolated',
  release: 'released',
  observe: 'observed: every call goes through, trips are only counted',
  set: 'has its new policy',
};

async function print(shell: Shell, verb: string, key: string, { accepted }: Sent): Promise<void> {
  const { ok: _ok, ...fields } = accepted;
  const span = verb === 'isolate' && shell.flags.for !== undefined ? ` for ${shell.flags.for}` : '';
  const again = accepted.repeated === true ? ' (repeated)' : '';
  await printAnswer(shell, {
    object: {
      ...{ apiVersion: 'fairlead.dev/v1', kind: 'Outcome', actor: keyText(fleetKey), verb, key },
      ...fields,
    },
    name: `breaker/${key}`,
    lines: [`breaker/${key} ${done[verb] ?? verb}${span}${again}   command ${accepted.commandId}`],
  });
}
