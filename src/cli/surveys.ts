/** What every host remembers: registries and breakers, each entry with the host that told it. */
import type { RegistryKind } from './kinds.ts';
import type { Session } from './session.ts';
import { surveyPages } from '../survey-pages.ts';
import type { Entry, SurveyAnswer } from '../survey-pages.ts';

export type { Entry };

/** A fresh look may take as long as the slowest probe. */
const freshLook = { timeoutMs: 10_000, quietMs: 2_000 };
/** Hosts that have to ask a cluster first answer later than those that know. */
const lookingAround = { timeoutMs: 10_000, quietMs: 1_500 };

export interface Wanted {
  /** Names of entries, or of metrics; all when left out. */
  readonly names?: readonly string[];
  readonly now?: boolean;
}

/** All entries of a registry, of all hosts that answer, by name and host. */
export function surveyRegistry(
  session: Session,
  kind: RegistryKind,
  wanted: Wanted = {},
): Promise<readonly Entry[]> {
  return surveyPages(kind, (after) => survey(session, kind, { ...wanted, after }));
}

/** Hosts by name, without the earlier of two processes under one name: that one holds nothing. */
export async function surveyHosts(session: Session): Promise<readonly Entry[]> {
  const entries = await surveyRegistry(session, 'host');
  return entries.filter(({ status }) => status !== 'replaced');
}

const survey = (session: Session, kind: string, asked: object): Promise<readonly SurveyAnswer[]> =>
  session.survey(
    { namespace: 'system', kind, name: '_', verb: 'survey', arguments: asked },
    waitFor(kind, 'now' in asked && asked.now === true),
  );

function waitFor(kind: string, isFresh: boolean): { timeoutMs?: number; quietMs?: number } {
  if (isFresh) return freshLook;
  return kind === 'backend' ? lookingAround : {};
}

/** A breaker as its host shows it; what is recorded of an absent host has no counts. */
export interface BreakerEntry {
  readonly key: string;
  readonly host: string;
  readonly state: string;
  readonly epoch?: number;
  readonly tripsInRow?: number;
  readonly openUntilMs?: number;
  readonly closedAtMs?: number;
  readonly consecutive?: number;
  readonly window?: { readonly calls: number; readonly failed: number; readonly slow: number };
  readonly calls?: Readonly<Record<string, number>>;
  readonly waiting?: number;
  readonly wouldHaveTripped?: number;
  readonly lastTrip?: Readonly<Record<string, unknown>> | null;
  readonly isolation?: {
    readonly reason: string;
    readonly sinceMs: number;
    readonly untilMs: number;
  } | null;
  readonly policy?: Readonly<Record<string, number>>;
  /** False when its host did not answer: this is what it has stored. */
  readonly isLive: boolean;
}

/** An order that still means something. */
export interface StandingOrder {
  readonly orderId: string;
  readonly verb: string;
  readonly key: string;
  readonly reason: string;
  readonly by?: string;
  readonly atMs: number;
  readonly untilMs: number;
  readonly allowTeardown: boolean;
  readonly policy: Readonly<Record<string, number>>;
}

export interface Breakers {
  readonly breakers: readonly BreakerEntry[];
  readonly standing: readonly StandingOrder[];
}

/** A host that runs nothing, by whose order and why. */
export interface DrainedHost {
  readonly host: string;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

/** Those ordered to run nothing, whether they answer or not. */
export async function surveyDrained(session: Session): Promise<readonly DrainedHost[]> {
  const answers = await survey(session, 'guard', {});
  const drained = answers.find((each) => Array.isArray(each['drained']))?.['drained'];
  return (drained ?? []) as DrainedHost[];
}

/** Breakers of all hosts: live where the host answers, else as recorded. */
export async function surveyBreakers(session: Session): Promise<Breakers> {
  const answers = await survey(session, 'guard', {});
  const hosts = new Set(answers.map(({ host }) => host));
  const found = new Map<string, BreakerEntry>();
  for (const { host, items } of answers)
    for (const item of (Array.isArray(items) ? items : []) as BreakerEntry[]) {
      const isLive = item.host === host;
      if (!isLive && hosts.has(item.host)) continue;
      found.set(`${item.key} ${item.host}`, { ...item, isLive });
    }
  const breakers = [...found.values()].sort(
    (left, right) => left.key.localeCompare(right.key) || left.host.localeCompare(right.host),
  );
  const standing = answers.find((each) => Array.isArray(each['standing']))?.['standing'];
  return { breakers, standing: (standing ?? []) as StandingOrder[] };
}
