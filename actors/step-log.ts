/** One event per step that may have changed something: what the stream of events keeps for the audit. */
import type { OperationContext, OperationOutput } from '../machines/operation-context.ts';
import type { PublishedEvent, ScriptAnswer } from '../machines/messages.ts';
import { effectRegistry } from './effects/registry.ts';
import type { Ended } from './operation-census.ts';

/**
 * The step that an ended operation was; undefined for other machines, for steps that only looked, and for a script that is
 * still running and will be asked again. It is committed with the result, so no step is told that did not end so.
 * @param host  that made the call
 */
export function stepOf(ended: Ended, host: string): PublishedEvent | undefined {
  if (ended.machine !== 'operation') return undefined;
  const context = ended.context as OperationContext;
  const { result, attempts } = ended.output as OperationOutput;
  const { effect, token, preset: policy, atMs, correlationId } = context;
  if (effectRegistry[effect].repeat === 'read') return undefined;
  const answer = result.ok && effect === 'node.script' ? (result.value as ScriptAnswer) : undefined;
  if (answer?.running === true) return undefined;
  return {
    type: 'stepEnded',
    correlationId,
    data: {
      ...{ effect, host, policy, attempts },
      at: ended.path.split('/').slice(0, -1).join('/'),
      ...(token !== '' && { opId: token }),
      outcome: answer?.ok === false ? 'failed' : String(ended.state),
      ms: Math.max(0, result.atMs - atMs),
      ...troubleOf(ended.output as OperationOutput, answer),
    },
  };
}

function troubleOf(
  { result, firstFault, isUncertain }: OperationOutput,
  answer: ScriptAnswer | undefined,
): Readonly<Record<string, unknown>> {
  const fault = result.ok ? refusalIn(answer) : result.fault;
  return {
    ...(fault !== undefined && { fault: fault.type, code: fault.code }),
    // The first fault says what went wrong; the last may only say that time ran out.
    ...(firstFault !== null && firstFault.code !== fault?.code && { firstCode: firstFault.code }),
    ...(!result.ok && isUncertain && { isUncertain }),
  };
}

const refusalIn = (answer: ScriptAnswer | undefined) =>
  answer?.ok === false ? { type: 'ProviderError', code: answer.code } : undefined;
