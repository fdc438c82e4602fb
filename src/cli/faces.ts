/** How each kind of stored resource is told: its state, its mood, why, where it stands. */
import { groupDetail, groupMood, groupPosition, groupReason } from './group-view.ts';
import type { StoredKind } from './kinds.ts';
import {
  operationText,
  replicationMood,
  replicationPosition,
  replicationReason,
} from './replication-view.ts';
import type { Mood } from './style.ts';
import { agentsOf, moodOf, readyCount, reasonOf, serversOf, stateOf } from './view.ts';
import type { ClusterView, ResourceView } from './view.ts';

export interface Face {
  /** Where it stands, in one line. */
  position(view: ResourceView): string;
  mood(view: ResourceView): Mood;
  /** Empty when there is nothing to say. */
  reason(view: ResourceView): string;
  /** Counts, or what is under way. */
  detail(view: ResourceView): string;
}

const faces: Readonly<Record<StoredKind, Face>> = {
  cluster: { position: stateOf, mood: moodOf, reason: reasonOf, detail: countsText },
  replication: {
    position: replicationPosition,
    mood: replicationMood,
    reason: replicationReason,
    detail: operationText,
  },
  replicationgroup: {
    position: groupPosition,
    mood: groupMood,
    reason: groupReason,
    detail: groupDetail,
  },
};

/** By the kind that the service names; hosts have always named it. */
export const faceOf = (view: ResourceView): Face => {
  if (view.kind === 'ReplicationGroup') return faces.replicationgroup;
  return view.kind === 'Replication' ? faces.replication : faces.cluster;
};

function countsText(view: ClusterView): string {
  const servers = serversOf(view);
  const agents = agentsOf(view);
  if (servers.length + agents.length === 0) return '';
  const agentsText = agents.length === 0 ? '' : `  agents ${readyCount(agents)}/${agents.length}`;
  return `servers ${readyCount(servers)}/${servers.length}${agentsText}`;
}
