/** Verbs of a cluster in the order help shows them; their argument schemas are in messages.ts. */
export const clusterVerbs = ['create', 'apply', 'delete', 'pause', 'resume', 'retry'] as const;
export type ClusterVerb = (typeof clusterVerbs)[number];
