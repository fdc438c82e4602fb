/** What a volume of a manifest may be on each side, by back end, and how the volumes of one set go together. */
import { sides } from './replication-table.ts';
import type { Side } from './replication-table.ts';
import type {
  Backend,
  Parts,
  RuleBroken,
  VolumePart,
  VolumeSide,
} from './specs-replication-parts.ts';

/** Every side of every volume must be something that the back end can drive. */
export function volumeSides(
  { volumes, initialSource }: Parts,
  backend: Backend,
): readonly RuleBroken[] {
  const rule = backend === 'ebs' ? ebsSide : claimSide;
  return volumes.flatMap((volume, index) =>
    sides.flatMap((side) =>
      volume === undefined
        ? []
        : rule(volume[side], { index, side, backend, isFirst: side === initialSource }),
    ),
  );
}

interface Where {
  readonly index: number;
  readonly side: Side;
  readonly backend: Backend;
  /** The side that writes first. */
  readonly isFirst: boolean;
}

const wrongSide = ({ index, side }: Where, text: string): readonly RuleBroken[] => [
  { path: ['volumes', index, side], code: 'manifest.volumeSideUnsupported', text },
];

const placeForm = '{ instanceId, device }';
const volumeForm = '{ volumeId, instanceId, device }';

function ebsSide(part: VolumeSide, where: Where): readonly RuleBroken[] {
  const form = where.isFirst ? volumeForm : placeForm;
  if (!('instanceId' in part)) {
    const what = 'pvc' in part ? 'claim' : 'volume made for a claim';
    return wrongSide(
      where,
      `is a ${what}: backend ebs drives volumes of instances, claims not yet; write ${form}`,
    );
  }
  if (part.volumeId !== undefined || !where.isFirst) return [];
  return [
    {
      path: ['volumes', where.index, where.side, 'volumeId'],
      code: 'manifest.required',
      text: `is missing: ${where.side} writes first; write the id of the volume it has`,
    },
  ];
}

function claimSide(part: VolumeSide, where: Where): readonly RuleBroken[] {
  const { backend } = where;
  const form = '{ pvc, namespace }';
  if ('instanceId' in part)
    return wrongSide(
      where,
      `is a volume of an instance: backend ${backend} drives claims; write ${form}`,
    );
  if ('pvc' in part) return [];
  return wrongSide(
    where,
    `is made at promotion: backend ${backend} mirrors claims that exist on both sides from the start; write ${form}`,
  );
}

/** A set is of one moment only where one instance holds all of it, on whichever side writes. */
export function ebsSetRule({ volumes, consistency }: Parts): readonly RuleBroken[] {
  if (consistency !== 'crash') return [];
  const known = volumes.filter((each) => each !== undefined);
  const counts = sides.map((side) => {
    const instances = known.map((each) => instanceOf(each[side])).filter((each) => each !== '');
    return new Set(instances).size;
  });
  const most = Math.max(...counts);
  if (most < 2) return [];
  const names = known.map(({ name }) => name).join(', ');
  return [
    {
      path: ['volumes'],
      code: 'manifest.setSpansInstances',
      text: `is ${names} on ${most === 2 ? 'two' : most} instances: EBS snapshots only one instance consistently; write consistency: perVolume or move them`,
    },
  ];
}

const instanceOf = (part: VolumeSide): string => ('instanceId' in part ? part.instanceId : '');

/** A name, a volume, a claim or a place can be in the set once. */
export function volumeNames(volumes: readonly (VolumePart | undefined)[]): readonly RuleBroken[] {
  const found: RuleBroken[] = [];
  const first = new Map<string, string>();
  const once = (path: readonly (string | number)[], key: string, what: string): void => {
    const before = first.get(key);
    const spelled = `spec.${path[0] ?? ''}[${path[1] ?? ''}]`;
    if (before === undefined) first.set(key, spelled);
    else
      found.push({
        path,
        code: 'manifest.volumeRepeated',
        text: `is ${what}, as in ${before}; name each once`,
      });
  };
  for (const [index, volume] of volumes.entries()) {
    if (volume === undefined) continue;
    once(['volumes', index], `name ${volume.name}`, `named ${volume.name}`);
    for (const side of sides) {
      const told = identity(volume[side]);
      if (told !== '') once(['volumes', index, side], `${side} ${told}`, told);
    }
  }
  return found;
}

function identity(part: VolumeSide): string {
  if ('pvc' in part) return `claim ${part.namespace}/${part.pvc}`;
  return 'instanceId' in part ? `${part.device} of ${part.instanceId}` : '';
}
