/** May this order to a group run now, and if not, why and what instead. What stands against members, members say. Pure. */
import { sameJson } from './changed-paths.ts';
import type { GroupCommand, GroupContext } from './replication-group-context.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly because?: readonly string[];
}
type GroupAdmission =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

const accepted: GroupAdmission = { kind: 'accepted' };
const unchanged: GroupAdmission = { kind: 'unchanged' };
const refused = (refusal: Refusal): GroupAdmission => ({ kind: 'refused', refusal });
const named = ({ namespace, name }: GroupContext): string =>
  `replication group "${namespace}/${name}"`;

export function admitGroup(context: GroupContext | undefined, event: GroupCommand): GroupAdmission {
  // Which verbs may make it is decided by whoever hosts it.
  if (context === undefined) return accepted;
  if (context.phase === 'deleted')
    return refused({ code: 'resource.deleted', message: `${named(context)} was deleted.` });
  switch (event.type) {
    case 'replicationgroup.create':
      return refused({
        code: 'resource.exists',
        message: `${named(context)} exists already; apply changes it, or choose another name.`,
      });
    case 'replicationgroup.apply':
      return isSame(context, event.manifest) ? unchanged : whileFree(context);
    case 'replicationgroup.cancel':
      return mayCancel(context) ? accepted : unchanged;
    default:
      return whileFree(context);
  }
}

const isSame = (
  { spec, labels, annotations }: GroupContext,
  { metadata, spec: wanted }: Extract<GroupCommand, { manifest: object }>['manifest'],
): boolean =>
  sameJson(spec, wanted) &&
  sameJson(labels, metadata.labels) &&
  sameJson(annotations, metadata.annotations);

const mayCancel = ({ operation, phase }: GroupContext): boolean =>
  operation !== null && !['aborting', 'verifying', 'relaying'].includes(phase);

function whileFree(context: GroupContext): GroupAdmission {
  const { operation, phase } = context;
  if (operation === null) return accepted;
  return refused({
    code: 'operation.conflict',
    message: `${named(context)}: ${operation.verb} (order ${operation.number}) is under way, ${phase}; wait for it, or cancel it.`,
    because: [`order ${operation.number} is ${phase}`],
  });
}
