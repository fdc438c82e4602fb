/** Shipped scripts that only look; any user may have them run on nodes. */
export const execVerbs = ['check', 'observe'] as const;
export type ExecVerb = (typeof execVerbs)[number];
