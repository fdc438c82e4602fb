/** Every machine of this service, as it is explored and driven. */
import type { Model } from '../model.ts';
import { clusterModel } from './cluster.ts';
import { groupModel } from './group.ts';
import { guardModels } from './guards.ts';
import { nodeModel } from './node.ts';
import { operationModel } from './operation.ts';
import { replicationModel } from './replication.ts';

/** The longest first. */
export const models: readonly Model[] = [
  ...[replicationModel, clusterModel, nodeModel, groupModel, operationModel],
  ...guardModels,
];
