/** The image of a plan: the newest of a family by its public parameter, or the one the user named. Pinned afterwards. */
import type { Image } from '@aws-sdk/client-ec2';
import type { ClusterSpec } from '../../machines/specs.ts';
import { ownFault, unlessDone } from './faults.ts';
import type { Architecture } from './instance-types.ts';
import type { PoolRequest } from './pools.ts';
import type { Problem } from './problems.ts';
import type { CallScope, Sessions } from './session.ts';

export interface PinnedImage {
  readonly imageId: string;
  readonly rootDevice: string;
}

/** Public parameters that hold the newest image id. */
const familyParameter = {
  al2023: {
    amd64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
    arm64: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64',
  },
  'ubuntu-24.04': {
    amd64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id',
    arm64: '/aws/service/canonical/ubuntu/server/24.04/stable/current/arm64/hvm/ebs-gp3/ami-id',
  },
} as const;

const notThere = ['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable', 'InvalidAMIID.Malformed'];

export async function pinImage(
  sessions: Sessions,
  scope: CallScope,
  spec: ClusterSpec,
  architecture: Architecture,
  pools: readonly PoolRequest[],
  problems: Problem[],
): Promise<PinnedImage | undefined> {
  const named = 'amiId' in spec.image ? spec.image.amiId : undefined;
  const imageId = named ?? (await newestOf(sessions, scope, spec, architecture));
  const reply = await unlessDone(notThere, () =>
    sessions.ec2(scope, 'describeImages', { ImageIds: [imageId] }),
  );
  const image = reply?.Images?.[0];
  const problem = imageProblem(image, imageId, architecture, scope.region);
  if (image?.RootDeviceName === undefined || problem !== undefined) {
    // An image that AWS itself names and then does not describe is no mistake of the user.
    if (named === undefined)
      throw ownFault('ProviderError', 'image.unusable', problem?.text ?? imageId);
    problems.push(problem ?? unusable(imageId, 'it has no root device'));
    return undefined;
  }
  problems.push(...volumeProblems(image, pools));
  return { imageId, rootDevice: image.RootDeviceName };
}

async function newestOf(
  sessions: Sessions,
  scope: CallScope,
  spec: ClusterSpec,
  architecture: Architecture,
): Promise<string> {
  const family = 'family' in spec.image ? spec.image.family : 'al2023';
  const Name = familyParameter[family][architecture];
  const reply = await sessions.ssm(scope, 'getParameter', { Name });
  const imageId = reply.Parameter?.Value;
  if (imageId === undefined || !/^ami-[0-9a-f]{8,17}$/.test(imageId))
    throw ownFault('ProviderError', 'image.unusable', `${Name} holds no image id`);
  return imageId;
}

const unusable = (imageId: string, why: string): Problem => ({
  path: 'spec.image.amiId',
  code: 'manifest.imageNotUsable',
  text: `is ${imageId}: ${why}; write another image, or image: {family: al2023}`,
});

function imageProblem(
  image: Image | undefined,
  imageId: string,
  architecture: Architecture,
  region: string,
): Problem | undefined {
  if (image === undefined) return unusable(imageId, `not found in ${region}`);
  if (image.State !== undefined && image.State !== 'available')
    return unusable(imageId, `its state is ${image.State}`);
  const own = image.Architecture === 'arm64' ? 'arm64' : 'amd64';
  if (image.Architecture !== undefined && own !== architecture)
    return unusable(imageId, `made for ${own}, the instance types are ${architecture}`);
  if (image.RootDeviceType === 'instance-store')
    return unusable(imageId, 'its root device is not an EBS volume');
  return undefined;
}

/** A root volume smaller than the image's snapshot is refused by EC2 at the launch only. */
function volumeProblems(image: Image, pools: readonly PoolRequest[]): Problem[] {
  const root = image.BlockDeviceMappings?.find((each) => each.DeviceName === image.RootDeviceName);
  const leastGiB = root?.Ebs?.VolumeSize ?? 0;
  return pools
    .filter((pool) => pool.rootVolume.sizeGiB < leastGiB)
    .map((pool) => ({
      path: `${pool.path}.rootVolume.sizeGiB`,
      code: 'manifest.volumeTooSmall',
      text: `is ${pool.rootVolume.sizeGiB}: the image needs ${leastGiB} GiB; write ${leastGiB} or more`,
    }));
}
