/** The registry of fault codes, and the one problem object that replies, dead letters, CLI and page show. */
import { bounds } from '../machines/limits.ts';
import { faultTypes } from '../machines/messages.ts';
import type { EffectFault, FaultType } from '../machines/messages.ts';
import type { RefusalProblem } from './kind.ts';

export type Status = 400 | 403 | 404 | 409 | 410 | 422 | 429 | 500 | 503 | 504;

interface Fault {
  readonly status: Status;
  /** True when the very same command may succeed later. */
  readonly retryable: boolean;
  readonly meaning: string;
  /** What the caller should do. */
  readonly remedy: string;
}

const fault = (status: Status, meaning: string, remedy: string): Fault => ({
  ...{ status, meaning, remedy },
  retryable: status === 429 || status === 503,
});

/** Codes are never reused. `manifest.*` codes but `manifest.invalid` and `manifest.immutableField` name single problems. */
export const faults = {
  'manifest.invalid': fault(400, 'the manifest breaks a rule', 'correct every problem listed'),
  'manifest.unknownKey': fault(400, 'a key is not known', 'remove or rename the key'),
  'manifest.required': fault(400, 'a required key is missing', 'add the key'),
  'manifest.wrongType': fault(400, 'a value has the wrong type', 'write the type named'),
  'manifest.notAllowed': fault(400, 'a value is not one of the choices', 'use a listed choice'),
  'manifest.outOfRange': fault(400, 'a value is too small or too big', 'stay in the range named'),
  'manifest.badFormat': fault(400, 'a text has the wrong form', 'write the form named'),
  'manifest.badValue': fault(400, 'a value breaks a rule', 'follow the message'),
  'manifest.nameTooLong': fault(400, 'a name is too long for node names', 'use a shorter name'),
  'manifest.subjectMismatch': fault(
    400,
    'namespace or name of the manifest is not that of the subject',
    'send the manifest to the subject of its own namespace and name',
  ),
  'manifest.reservedLabel': fault(400, 'a label prefix is reserved', 'use your own prefix'),
  'manifest.reservedTag': fault(400, 'a tag prefix is reserved', 'choose another key'),
  'manifest.serverCountEven': fault(400, 'an even number of servers', 'use 1, 3, 5 or 7'),
  'manifest.serverCountRange': fault(400, 'too few or too many servers', 'use 1, 3, 5 or 7'),
  'manifest.versionBoth': fault(400, 'channel and k3s are both set', 'keep one of them'),
  'manifest.versionNone': fault(400, 'neither channel nor k3s is set', 'write one of them'),
  'manifest.tooManyNodes': fault(400, 'too many nodes in one cluster', 'make several clusters'),
  'manifest.publicApi': fault(400, 'the API would be open to everybody', 'name the ranges'),
  'manifest.cidrOverlap': fault(400, 'two ranges overlap', 'choose disjoint ranges'),
  'manifest.dnsOutsideServiceCidr': fault(
    400,
    'clusterDNS lies outside serviceCIDR',
    'choose an address inside it',
  ),
  'manifest.memberTwice': fault(400, 'a group names a member twice', 'remove one of the two'),
  'manifest.notADuration': fault(400, 'a text is no span of time', 'write one such as 15m'),
  'manifest.unknownZone': fault(400, 'a zone is not of its region', 'write a zone of the region'),
  'manifest.sameEndpoint': fault(400, 'both endpoints are one place', 'name two places'),
  'manifest.rpoMissing': fault(400, 'an interval without an rpo', 'write `spec.schedule.rpo`'),
  'manifest.intervalOutOfRange': fault(
    400,
    'copies would be too rare for the rpo, or too frequent for the back end',
    'write an interval in the range named',
  ),
  'manifest.modeUnsupported': fault(400, 'the back end has no such mode', 'write one it has'),
  'manifest.wrongExtension': fault(400, 'an extension of another back end', 'remove it'),
  'manifest.backendUnknown': fault(400, 'nothing tells the back end', 'write `spec.backend`'),
  'manifest.setSpansInstances': fault(
    400,
    'volumes of one moment lie on several instances',
    'write `consistency: perVolume`, or move them',
  ),
  'manifest.volumeSideUnsupported': fault(
    400,
    'the back end cannot drive such a volume',
    'write the form named',
  ),
  'manifest.volumeRepeated': fault(400, 'a volume is named twice', 'name each once'),
  'manifest.volumeTaken': fault(
    409,
    'another replication owns the volume',
    'delete that one first',
  ),
  'manifest.immutableField': fault(
    422,
    'a field cannot change after creation',
    'create a new cluster and move the workloads',
  ),

  'command.malformed': fault(400, 'payload or arguments cannot be read', 'correct and send again'),
  'command.unknownKind': fault(404, 'no such kind', 'use a known kind'),
  'command.unknownVerb': fault(404, 'no such verb', 'use a known verb'),
  'command.tooLarge': fault(400, 'the payload is too large', 'send a smaller one'),
  'command.badHeader': fault(400, 'a header cannot be used', 'correct or remove the header'),
  'command.badName': fault(400, 'namespace or name is no DNS label', 'use lower-case letters'),
  'command.deadlinePassed': fault(504, 'its deadline passed before its turn', 'send a new one'),
  'command.notFound': fault(404, 'no outcome is known', 'it may still be waiting; ask again'),

  'resource.notFound': fault(404, 'no such resource', 'check namespace and name'),
  'resource.exists': fault(409, 'the name is taken', 'use apply, or another name'),
  'resource.deleting': fault(409, 'it is being deleted', 'wait until it is gone'),
  'resource.deleted': fault(410, 'it was deleted', 'create it again under the same name'),
  'revision.conflict': fault(409, 'it has changed since', 'read it again, then decide'),
  'transition.notAllowed': fault(409, 'not possible in this state', 'see allowedNext'),
  'precondition.failed': fault(409, 'something it needs is not given', 'see the reasons'),
  'operation.conflict': fault(409, 'another operation is under way', 'wait for it, or cancel it'),
  'operation.unsupported': fault(422, 'the back end cannot do that', 'see its capabilities'),
  'mode.unsupported': fault(422, 'the back end has no such mode', 'keep the mode it has'),
  'epoch.stale': fault(409, 'decided on an older writer', 'read it again, then decide'),
  'fence.unproven': fault(
    409,
    'nobody can show that the old writer is unable to write',
    'read what was seen; then `override` with the token told, or cancel',
  ),
  'cluster.protected': fault(403, 'deletion protection is on', 'apply it with protection off'),
  'cluster.paused': fault(409, 'it is paused', 'resume it first'),

  'mailbox.full': fault(429, 'too many messages wait for it', 'send again after retryAfterMs'),
  'outbox.full': fault(503, 'its events cannot be published', 'send again after retryAfterMs'),
  'record.tooLarge': fault(422, 'its record would pass the size cap', 'make several resources'),
  'actor.poisoned': fault(500, 'the machine failed on this message', 'report it with the id'),
  'actor.quarantined': fault(500, 'it is held for inspection', 'see its fault in the log'),
  'service.busy': fault(429, 'more is asked than this host takes', 'send again after retryAfterMs'),
  'service.unavailable': fault(503, 'no host can act now', 'send again'),
  'service.degraded': fault(429, 'work of this kind is held back', 'send again later'),
  'internal.assertion': fault(500, 'Fairlead broke a rule of its own', 'report it with the id'),
  'internal.unregistered': fault(500, 'a refusal used an unknown code', 'report it with the id'),
} as const satisfies Record<string, Fault>;
export type FaultCode = keyof typeof faults;

const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(faults, code);

const exitCodes: Readonly<Record<Status, number>> = {
  400: 2,
  403: 4,
  404: 3,
  409: 5,
  410: 5,
  422: 5,
  429: 6,
  500: 1,
  503: 6,
  504: 124,
};

/** Exit code of the CLI for a reply's status; 1 for a status that is not ours. */
export const exitCodeOf = (status: number): number =>
  (exitCodes as Readonly<Record<number, number>>)[status] ?? 1;

/** 500 for a code that is not in the registry, as replies have it. */
export const faultStatus = (code: string): Status =>
  isFaultCode(code) ? faults[code].status : 500;

/** Why something was not done. An alias, so that it is plain JSON to every port. */
export type Problem = {
  readonly code: string;
  readonly message: string;
  readonly reason?: string;
  readonly problems: readonly RefusalProblem[];
  /** `kind/namespace/name`. */
  readonly actor: string;
  readonly state?: string;
  readonly allowedNext: readonly string[];
  readonly because: readonly string[];
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  readonly correlationId: string;
  readonly traceId?: string;
  readonly status: number;
  /** What the caller should do, from the registry; the message and `problems` say it for this case. */
  readonly remedy: string;
};

export type ProblemFields = Partial<Omit<Problem, 'code' | 'retryable' | 'status' | 'remedy'>> & {
  readonly message: string;
  readonly actor: string;
  readonly correlationId: string;
};

/** Status and retry rule come from the registry; a code that is not in it counts as a bug (500) and keeps its name. */
export function problem(code: string, fields: ProblemFields): Problem {
  const known = isFaultCode(code) ? faults[code] : faults['internal.unregistered'];
  return {
    ...{ code, problems: [], allowedNext: [], because: [] },
    ...fields,
    ...{ retryable: known.retryable, status: known.status, remedy: known.remedy },
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const isFaultType = (value: unknown): value is FaultType =>
  (faultTypes as readonly unknown[]).includes(value);

/** Anything thrown as text for logs and replies. */
export function messageOf(thrown: unknown): string {
  const text =
    isRecord(thrown) && typeof thrown['message'] === 'string' ? thrown['message'] : String(thrown);
  return text.slice(0, bounds.faultMessageChars);
}

/**
 * Whatever an effect threw, as plain JSON: objects with a `fault` keep it, an AbortError is `Cancelled` (it may have
 * happened), all else is our own bug: `InternalError`, never retried.
 */
export function toEffectFault(thrown: unknown): EffectFault {
  if (isRecord(thrown)) {
    const carried = thrown['fault'];
    if (isRecord(carried) && isFaultType(carried['type']))
      return { code: carried['type'], message: messageOf(thrown), ...carried } as EffectFault;
    if (thrown['name'] === 'AbortError')
      return { type: 'Cancelled', code: 'effect.cancelled', message: messageOf(thrown) };
  }
  return { type: 'InternalError', code: 'internal.assertion', message: messageOf(thrown) };
}
