/** The states of a foreign machine as a tree to be listed. Made of its definition, or of its value where there is none. */
import { foreign } from '../../../../machines/limits-inspector-compat.ts';

export interface State {
  readonly key: string;
  readonly type: string;
  readonly isInitial: boolean;
  /** Types of the events it takes. */
  readonly events: readonly string[];
  readonly states: readonly State[];
}

type Plain = Readonly<Record<string, unknown>>;

const plain = (value: unknown): Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};

const short = (text: string): string => text.slice(0, foreign.nameCharactersMax);

/** @returns undefined when the text is no chart */
export function outlineOf(definition: string): State | undefined {
  let left: number = foreign.statesMax;
  const walk = (key: string, raw: unknown, isInitial: boolean, depth: number): State => {
    const config = plain(raw);
    const states: State[] = [];
    for (const [child, inner] of Object.entries(plain(config['states']))) {
      if (left <= 0 || depth >= foreign.depthMax) break;
      left -= 1;
      states.push(walk(child, inner, config['initial'] === child, depth + 1));
    }
    return {
      key: short(key),
      type: typeOf(config, states.length),
      isInitial,
      events: eventsOf(config),
      states,
    };
  };
  try {
    const config = plain(JSON.parse(definition));
    const id = config['id'];
    return walk(typeof id === 'string' ? id : 'machine', config, false, 0);
  } catch {
    return undefined;
  }
}

function typeOf({ type }: Plain, states: number): string {
  if (typeof type === 'string') return short(type);
  return states > 0 ? 'compound' : 'atomic';
}

const eventsOf = (config: Plain): string[] => [
  ...Object.keys(plain(config['on'])).slice(0, 100).map(short),
  ...Object.keys(plain(config['after']))
    .slice(0, 100)
    .map((delay) => `after ${short(delay)}`),
  ...(config['always'] === undefined ? [] : ['always']),
];

/** Where nothing is known but the value. */
export function outlineOfValue(key: string, value: unknown, depth = 0): State {
  const states = partsOf(value)
    .slice(0, 100)
    .map(([child, inner]) =>
      depth < foreign.depthMax
        ? outlineOfValue(child, inner, depth + 1)
        : outlineOfValue(child, undefined, depth + 1),
    );
  const type = states.length > 0 ? 'compound' : 'atomic';
  return { key: short(key), type, isInitial: false, events: [], states };
}

/** The states a value names at this level, with what it says of each. */
export const partsOf = (value: unknown): (readonly [string, unknown])[] =>
  typeof value === 'string' ? [[value, undefined]] : Object.entries(plain(value));
