/** Which breaker a call belongs to: launches that fail must not keep us from terminating. */
import type { CallClass } from '../../machines/breaker-rules.ts';
import type { CloudScope } from '../../machines/messages.ts';

const reading = /^(describe|get|list|lookup)/;
const tearingDown = /^(terminate|stop|delete|revoke|release|detach)/;

/** The class of an EC2 operation, by its method name; what is not known as harmless changes something. */
export function classOf(operation: string, input: object = {}): CallClass {
  if (reading.test(operation)) return 'read';
  // Protection is only ever lifted on the way down.
  if (tearingDown.test(operation) || 'DisableApiTermination' in input) return 'teardown';
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
