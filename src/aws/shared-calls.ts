/** What lets several callers share one call, and one caller make several at once; made once per process. */
import type { BatchCall, Batches } from '../../actors/policies/batch.ts';
import type { FanOut } from '../../actors/policies/fan-out.ts';
import type { Attempt } from '../../actors/ports.ts';
import type { CloudScope } from '../../machines/messages.ts';
import type { CallScope } from './session.ts';

export interface SharedCalls {
  readonly batches: Pick<Batches, 'run'>;
  readonly fanOut: Pick<FanOut, 'run'>;
}

/** @param name tells operations apart that may not share a call although EC2 has one name for them */
export function batchCall<R>(
  { account, region }: CloudScope,
  [name, op]: readonly [name: string, op: string],
  send: (ids: readonly string[], scope: CallScope) => Promise<ReadonlyMap<string, R>>,
): BatchCall<R> {
  return {
    key: `${account}/${region}/${name}`,
    op,
    send: (ids, attempt: Attempt) => send(ids, { account, region, ...attempt }),
  };
}
