/** Names of events as people read them. Pure. */

/** `xstate.done.actor.launch` → `done launch`, `xstate.after.bootDeadline.node.booting` → `after bootDeadline`. */
export function eventWords(name: string): string {
  const [, how = '', what = ''] =
    /^xstate\.(done|error)\.(?:actor|state)\.(.+)$/.exec(name) ??
    /^xstate\.(after)\.([^.]+)/.exec(name) ??
    [];
  return how === '' ? name : `${how} ${what}`;
}
