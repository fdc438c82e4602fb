/** Guards and actions of a chart in a few words: `attemptsLeft`, `not(isPaused)`, `begin(stop)`. */

/** Under which node they stand: what its path says already is not said again. */
export interface Place {
  /** Keys from the root to the node. */
  readonly path: readonly string[];
}

/** `and(isSteady, not(isPaused))`; undefined where there is none. */
export function guardName(guard: unknown, place: Place): string | undefined {
  if (guard === undefined) return undefined;
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') {
    const { guards } = guard as { guards?: readonly unknown[] };
    if (guards === undefined) return guard.name === '' ? 'inline' : guard.name;
    return `${guard.name}(${guards.map((each) => guardName(each, place)).join(', ')})`;
  }
  return withParams(guard, place);
}

/** Without the raise and cancel that XState adds for `after`. */
export function actionNames(actions: readonly unknown[], place: Place): string[] {
  return actions.filter((action) => !isOfAfter(action)).map((action) => actionName(action, place));
}

function actionName(action: unknown, place: Place): string {
  if (typeof action === 'string') return action;
  if (typeof action !== 'function') return withParams(action, place);
  const { type } = action as { type?: string };
  if (type === undefined) return action.name === '' ? 'inline' : action.name;
  return type.replace(/^xstate\./, '');
}

function isOfAfter(action: unknown): boolean {
  if (typeof action !== 'function') return false;
  const { type, id, sendId } = action as { type?: string; id?: unknown; sendId?: unknown };
  const isTimer = type === 'xstate.raise' || type === 'xstate.cancel';
  return isTimer && String(id ?? sendId).startsWith('xstate.after.');
}

function withParams(named: unknown, { path }: Place): string {
  const { type, params } = named as { type: string; params?: unknown };
  if (typeof params !== 'object' || params === null) return type;
  const where = `.${path.join('.')}.`;
  const words = Object.entries(params)
    .filter(([, value]) => !where.includes(`.${String(value)}.`))
    .flatMap(([key, value]) => valueText(key, value));
  return words.length === 0 ? type : `${type}(${words.join(', ')})`;
}

/** Lists and objects say more than fits in a line. */
function valueText(key: string, value: unknown): string[] {
  if (typeof value === 'number') return [/ms$/i.test(key) ? spanText(value) : String(value)];
  if (typeof value === 'boolean') return value ? [key] : [];
  return typeof value === 'string' && value !== '' ? [value] : [];
}

/** `90 s`, `10 min`, `2 h`; the largest unit that leaves no fraction. */
export function spanText(ms: number): string {
  const units = [
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ] as const;
  const [size, name] = units.find(([unit]) => ms >= unit && ms % unit === 0) ?? [1, 'ms'];
  return `${ms / size} ${name}`;
}
