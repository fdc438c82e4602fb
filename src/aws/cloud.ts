/** Everything AWS behind our ports, bound once by main. */
import type { Attempt, FleetView, Machines, Remote, Surroundings } from '../../actors/ports.ts';
import type { CloudScope } from '../../machines/messages.ts';
import { createFleetView } from './fleet.ts';
import { createMachines } from './machines.ts';
import { confirmOwner } from './owner.ts';
import { ping } from './ping.ts';
import type { PingedService } from './ping.ts';
import { createRemote } from './remote.ts';
import type { ScriptText } from './remote.ts';
import { createSessions } from './session.ts';
import type { Sessions, SessionsConfig } from './session.ts';
import type { SharedCalls } from './shared-calls.ts';
import { createSurroundings } from './surroundings.ts';

export interface AwsConfig extends SessionsConfig {
  /** Divides polls; 1 with the real AWS. */
  readonly pacingScale: number;
  /** Where K3s channels are resolved unless a manifest names its own base; unset: the official address. */
  readonly artifactsUrl?: string;
  readonly script: ScriptText;
  /** Gathers calls for single machines, and makes many calls at once. */
  readonly shared: SharedCalls;
}

export interface Aws {
  readonly machines: Machines;
  readonly surroundings: Surroundings;
  readonly remote: Remote;
  readonly fleet: FleetView;
  /** Single EC2 calls, for back ends of volumes. */
  readonly ec2: Sessions['ec2'];
  /** Owner id of the account the credentials open, for what is bound to one account. @throws CloudFault `account.mismatch` */
  ownerOf(scope: CloudScope, attempt: Attempt): Promise<string>;
  /** Resolves when the service answers. @throws CloudFault, NothingLearned */
  ping(scope: CloudScope, service: PingedService, attempt: Attempt): Promise<void>;
  /** Loads the SDK now: half a second of work that would hold up a lease renewal later. */
  load(): Promise<void>;
  /** Drops idle connections. */
  close(): void;
}

/** No call is made and no SDK loaded before the first use. @throws Error when the settings contradict each other */
export function createAws(config: AwsConfig): Aws {
  if (!(config.pacingScale >= 1)) throw new Error('pacing.scale is below 1; use 1 or more');
  if (config.mode === 'real' && config.pacingScale !== 1)
    throw new Error('pacing.scale is not 1 with aws.mode real; only a simulated cloud runs faster');
  const sessions = createSessions(config);
  return {
    machines: createMachines(sessions, config.shared),
    surroundings: createSurroundings(sessions, config.artifactsUrl),
    remote: createRemote(sessions, config.script, config.pacingScale),
    fleet: createFleetView(sessions, config.shared.fanOut),
    ec2: (scope, name, input) => sessions.ec2(scope, name, input),
    ownerOf: ({ account, region }, attempt) =>
      confirmOwner(sessions, { account, region, ...attempt }),
    ping: ({ account, region }, service, attempt) =>
      ping(sessions, { account, region, ...attempt }, service),
    load: async () => {
      await Promise.all([import('@aws-sdk/client-ec2'), import('@aws-sdk/client-ssm')]);
    },
    close: () => {
      sessions.close();
    },
  };
}
