/** Verbs of a cluster in the order help shows them; their argument schemas are in messages.ts. */
export const clusterVerbs = [
  ...(['create', 'apply', 'scale', 'stop', 'start', 'restart', 'delete'] as const),
  ...(['pause', 'resume', 'retry', 'cancel'] as const),
] as const;
export type ClusterVerb = (typeof clusterVerbs)[number];
