/** What an order comes to: one move of one endpoint, and what follows it. Pure. */
import { publicStateOf } from './replication-context.ts';
import type { OperationKind, ReplicationContext } from './replication-context.ts';
import { hasData } from './replication-safety.ts';
import { peerOf } from './replication-table.ts';
import type { Side } from './replication-table.ts';

export interface Move {
  /** As ordered. */
  readonly verb: string;
  readonly kind: OperationKind;
  readonly endpoint: Side;
  readonly how: 'planned' | 'forced';
  readonly wanted: number | null;
  readonly then: 'promote' | null;
  readonly group?: { readonly name: string; readonly order: number } | undefined;
}

/** Commands by their own words; what the schema filled in is there. */
interface Order {
  readonly type: string;
  readonly endpoint?: Side;
  readonly how?: 'planned' | 'forced';
  readonly force?: boolean;
  readonly point?: number | undefined;
  readonly group?: Move['group'] | string;
}

/** Undefined for everything that moves no endpoint, and for a relocation while nobody writes. */
export function moveOf(context: ReplicationContext, event: Order): Move | undefined {
  const verb = event.type.slice('replication.'.length);
  const { endpoint = 'away', how = 'planned' } = event;
  const plain = { verb, endpoint, how, wanted: event.point ?? null, then: null };
  const byForce = event.force === true ? 'forced' : 'planned';
  switch (event.type) {
    case 'replication.promote':
      return { ...plain, kind: 'promote', ...groupIn(event) };
    case 'replication.failover':
      return { ...plain, kind: 'promote', endpoint: 'away' };
    case 'replication.relocate':
      if (context.writer === 'none') return undefined;
      return { ...plain, kind: 'promote', endpoint: peerOf(context.writer) };
    case 'replication.failback':
      return { ...plain, ...backHome(context), endpoint: 'home' };
    case 'replication.demote':
    case 'replication.resync':
      return {
        ...plain,
        kind: event.type === 'replication.demote' ? 'demote' : 'resync',
        how: byForce,
      };
    case 'replication.recover':
      return { ...plain, kind: 'recover' };
    default:
      return undefined;
  }
}

/** Other commands name a group too, but are no part of its promotion. */
const groupIn = ({ group }: Order): Pick<Move, 'group'> =>
  typeof group === 'object' ? { group } : {};

/** Home is overwritten first where it holds nothing of what away has written since. */
function backHome(context: ReplicationContext): Pick<Move, 'kind' | 'then'> {
  const isCurrent = publicStateOf(context.home.phase) === 'replica' && hasData(context, 'home');
  return isCurrent ? { kind: 'promote', then: null } : { kind: 'resync', then: 'promote' };
}
