/** Which breaker a call belongs to: launches that fail must not keep us from terminating. */
import type { CallClass } from '../../machines/breaker-rules.ts';
import type { AttemptTimeouts } from '../../machines/limits.ts';
import type { CloudScope } from '../../machines/messages.ts';

const reading = /^(describe|get|list|lookup)/;
const tearingDown = /^(terminate|stop|delete|revoke|release|detach|disable)/;

/** Marks that only ever take away: protection is lifted on the way down, and a fenced volume is never un-fenced. */
function takesAway(operation: string, input: object): boolean {
  if ('DisableApiTermination' in input) return true;
  if (operation === 'modifyInstanceAttribute') return 'BlockDeviceMappings' in input;
  if (operation !== 'createTags') return false;
  const { Tags = [] } = input as { Tags?: readonly { Key?: string }[] };
  return Tags.some(({ Key }) => Key === fencedTag);
}
const fencedTag = 'repl:fenced';

/** The class of an EC2 operation, by its method name; what is not known as harmless changes something. */
export function classOf(operation: string, input: object = {}): CallClass {
  if (reading.test(operation)) return 'read';
  if (tearingDown.test(operation) || takesAway(operation, input)) return 'teardown';
  return 'mutate';
}

/** `<account>/<region>/ec2:<class>`; SSM has one class, which is left out. */
export const breakerKey = (
  { account, region }: CloudScope,
  service: string,
  operation: string,
  input?: object,
): string =>
  `${account}/${region}/${service}${service === 'ec2' ? `:${classOf(operation, input)}` : ''}`;

/** Instances an EC2 call asks for: they have a rate of their own. A trial asks for none. */
export function launchesOf(operation: string, input: object): number {
  if (operation !== 'runInstances') return 0;
  const { MaxCount = 1, DryRun = false } = input as { MaxCount?: number; DryRun?: boolean };
  return DryRun ? 0 : MaxCount;
}

/** Looks at what became of a command that runs. */
const lookingAfter = /^(getCommandInvocation|listCommand)/;

/** What a call is made for, which says how long an attempt may take; what is unknown counts as changing something. */
export function kindOf(operation: string, input?: unknown): keyof AttemptTimeouts {
  if ((input as { DryRun?: boolean } | undefined)?.DryRun === true) return 'validateMs';
  if (lookingAfter.test(operation)) return 'taskStatusMs';
  return reading.test(operation) ? 'describeMs' : 'mutatingMs';
}
