/** What the contract suite runs against: an endpoint that speaks EC2 and SSM, and what it claims to be able to do. */
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';

/** Abilities a target may lack; a rule that needs a missing one is not applicable, and reported as such. */
export type Ability =
  /** States take time, so the ones in between can be seen. */
  | 'time'
  /** Filters by client token. */
  | 'clientTokenFilter'
  /** Clones volumes in their zone. */
  | 'ebs.clones'
  /** Has the policy against attaching volumes tagged as fenced. */
  | 'iam.denyFenced'
  /** Commands run on machines and have output. */
  | 'ssm.exec'
  /** Lists agents, invocations, and cancels commands. */
  | 'ssm.inventory';

export interface Target {
  readonly name: 'sim' | 'moto';
  readonly region: string;
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  readonly abilities: ReadonlySet<Ability>;
  /** Attached to every launch, where the target knows any; agents come online only with one. */
  readonly instanceProfile: string | undefined;
  /** How long a state may take to come. */
  readonly patienceMs: number;
}

/** The real SDK clients, with the settings the control plane uses: one attempt per call, bounded in time. */
export function clients(
  endpoint: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
  region: string,
): { ec2: EC2Client; ssm: SSMClient } {
  const config = {
    region,
    endpoint,
    credentials,
    maxAttempts: 1,
    requestHandler: {
      connectionTimeout: 3_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true,
      socketTimeout: 10_000,
    },
  };
  return { ec2: new EC2Client(config), ssm: new SSMClient(config) };
}

/** Waits until the look returns something, by asking again after a short pause. @throws Error naming what never came */
export async function eventually<Found>(
  what: string,
  target: Pick<Target, 'patienceMs'>,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  const untilMs = Date.now() + target.patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > untilMs) {
      throw new Error(`${what} did not come within ${String(target.patienceMs)} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
