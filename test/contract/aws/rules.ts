/** Rules of AWS as tests: they hold, or the target deviates from them in exactly the recorded way, or they do not apply. */
import { afterAll, it } from 'vitest';
import type { Ability, Target } from './target.ts';

type Check = (target: Target) => Promise<void>;

export interface Rule {
  /** Where AWS says so. */
  readonly source: string;
  readonly needs?: readonly Ability[];
  readonly holds: Check;
  /** How a target breaks the rule today. The check passes only while it does, so that a repaired target is noticed. */
  readonly deviations?: Readonly<Partial<Record<Target['name'], { id: string; does: Check }>>>;
}

export interface Book {
  rule(title: string, rule: Rule): void;
}

/** Collects the rules for one target and prints at the end how many hold, deviate and do not apply. */
export function openBook(
  target: () => Target,
  name: Target['name'],
  abilities: readonly Ability[],
): Book {
  const held: string[] = [];
  const deviating: string[] = [];
  const notApplicable: string[] = [];
  afterAll(() => {
    const parts = [
      `${String(held.length)} rules hold`,
      `${String(deviating.length)} recorded deviations${list(deviating)}`,
      `${String(notApplicable.length)} not applicable${list(notApplicable)}`,
    ];
    process.stdout.write(`contract ${name}: ${parts.join('; ')}\n`);
  });
  return {
    rule: (title, { source, needs = [], holds, deviations = {} }) => {
      const missing = needs.filter((ability) => !abilities.includes(ability));
      const deviation = deviations[name];
      if (missing.length > 0) {
        notApplicable.push(`${title} (${missing.join(', ')})`);
      } else if (deviation === undefined) {
        it(`${title} [${source}]`, async () => {
          await holds(target());
          held.push(title);
        });
      } else {
        it(`deviates (${deviation.id}) from: ${title} [${source}]`, async () => {
          await deviation.does(target());
          deviating.push(deviation.id);
        });
      }
    },
  };
}

function list(items: readonly string[]): string {
  return items.length === 0 ? '' : ` (${items.join(', ')})`;
}

interface Refusal {
  readonly name: string;
  readonly status: number | undefined;
}

class Accepted extends Error {}

/** Where a busy machine comes too late for the moment in which a call is refused: from the beginning again, five times. */
export async function inTime<T>(tried: () => Promise<T>): Promise<T> {
  for (let left = 5; ; left -= 1)
    try {
      return await tried();
    } catch (error) {
      if (left === 0 || !(error instanceof Accepted)) throw error;
    }
}

/** The refusal of a call, as the SDK shows it. @throws Error when the call was not refused */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    return { name, status: $metadata?.httpStatusCode };
  }
  throw new Accepted('the call was accepted');
}
