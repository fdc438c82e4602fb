/** The back ends of this process, each bound to what it drives volumes with. */
import type { Clock, Telemetry } from '../../actors/ports.ts';
import type { VolumeBackends } from '../../actors/replication-ports.ts';
import type { Aws } from '../aws/cloud.ts';
import { createEbs } from '../volumes/ebs/backend.ts';

export interface VolumeParts {
  readonly aws: Pick<Aws, 'ec2'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Divides polls; 1 with the real AWS. */
  readonly scale: number;
}

export function openVolumes({ aws, clock, telemetry, scale }: VolumeParts): VolumeBackends {
  return {
    ebs: createEbs({ ec2: aws.ec2, clock, telemetry, scale }),
  };
}
