/** From a wire call to the reply the cloud would send: who may, how often, what happens, in which words. */
import { AwsError } from './errors.ts';
import type { Operation } from './operation.ts';
import { assertMayCall } from './ssm/node-role.ts';
import type { Throttle } from './throttle.ts';
import { protocols } from './wire.ts';
import type { WireCall } from './wire.ts';
import type { Call, Caller, World } from './world.ts';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  readonly code?: string;
}

/** Who a key id belongs to; undefined when nobody has it. */
export function callerOf(world: World, accessKeyId: string): Caller | undefined {
  if (accessKeyId === world.vault.accessKeyId) return { kind: 'owner' };
  for (const { instanceId } of world.tables.instances.all()) {
    if (world.vault.keyIdFor(instanceId) === accessKeyId) return { kind: 'node', instanceId };
  }
  return undefined;
}

/** Does the call. Refusals of AWS become answers; anything else thrown is a bug and becomes InternalError. */
export function answer(
  world: World,
  throttle: Throttle,
  wireCall: WireCall,
  caller: Caller | undefined,
  requestId: string,
): Answer {
  const protocol = protocols[wireCall.service];
  const { contentType } = protocol;
  try {
    if (caller === undefined) throw unknownKey(wireCall);
    const call: Call = { world, region: wireCall.region, caller, nowMs: world.clock.nowMs() };
    const operation = findOperation(wireCall, call);
    throttle.spend(wireCall);
    const output = world.together(() => operation.handle(readInput(operation, wireCall), call));
    return { status: 200, contentType, body: protocol.format(operation, output, requestId) };
  } catch (error) {
    const refusal = error instanceof AwsError ? error : bug(wireCall, error);
    return {
      status: refusal.status,
      contentType,
      body: protocol.formatError(refusal, requestId),
      code: refusal.code,
    };
  }
}

function findOperation(wireCall: WireCall, call: Call): Operation {
  const { service, op } = wireCall;
  if (service === 'ssm') assertMayCall(op, call);
  else if (call.caller.kind === 'node') {
    throw new AwsError(
      'UnauthorizedOperation',
      'You are not authorized to perform this operation.',
    );
  }
  const operation = protocols[service].operations.get(op);
  if (operation !== undefined) return operation;
  throw service === 'ec2'
    ? new AwsError(
        'InvalidAction',
        `The action ${op} is not valid for this web service, or the simulator does not have it.`,
      )
    : new AwsError('UnknownOperationException', `The simulator does not have ${op}.`);
}

function readInput(operation: Operation, wireCall: WireCall): unknown {
  const input = protocols[wireCall.service].parse(operation, wireCall.body);
  // RunInstances answers a dry run itself, after its checks; elsewhere a dry run says that the call is permitted.
  const isDryRun = wireCall.service === 'ec2' && wireCall.parameters.get('DryRun') === 'true';
  if (isDryRun && operation.name !== 'RunInstances') {
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.');
  }
  return input;
}

function unknownKey(wireCall: WireCall): AwsError {
  return wireCall.service === 'ec2'
    ? new AwsError('AuthFailure', 'AWS was not able to validate the provided access credentials')
    : new AwsError(
        'UnrecognizedClientException',
        'The security token included in the request is invalid.',
      );
}

function bug(wireCall: WireCall, error: unknown): AwsError {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`simulator: ${wireCall.service} ${wireCall.op} failed: ${what}\n`);
  return new AwsError(
    wireCall.service === 'ec2' ? 'InternalError' : 'InternalServerError',
    'An internal error has occurred',
  );
}
