/** Which breaker a call belongs to: launches that fail must not keep us from terminating. */
import type { CallClass } from '../../machines/breaker-rules.ts';
import type { CloudScope } from '../../machines/messages.ts';

const reading = /^(describe|get|list|lookup)/;
const tearingDown = /^(terminate|stop|delete|revoke|release|detach)/;
/** Changes that are only made on the way down: lifting the protection of an instance that ends. */
const alsoTearingDown: ReadonlySet<string> = new Set(['modifyInstanceAttribute']);

/** The class of an EC2 operation, by its method name; what is not known as harmless changes something. */
export function classOf(operation: string): CallClass {
  if (reading.test(operation)) return 'read';
  if (tearingDown.test(operation) || alsoTearingDown.has(operation)) return 'teardown';
  return 'mutate';
}

/** `<account>/<region>/ec2:<class>`; SSM has one class, which is left out. */
export const breakerKey = (scope: CloudScope, service: string, operation: string): string =>
  `${scope.account}/${scope.region}/${service}${service === 'ec2' ? `:${classOf(operation)}` : ''}`;
