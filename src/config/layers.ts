/** Reads the settings that were given, layer by layer: flag > environment > file. Collects every problem. */
import { nearest } from '../../actors/nearest.ts';
import { expectation, valueOf } from './values.ts';
import type { Value, Written } from './values.ts';
import { isOurs, keyName, othersVariables, variableName } from './variables.ts';
import type { Variable } from './variables.ts';

export type LayerName = 'flag' | 'environment' | 'file';

/** Given settings, by the names of their layer. */
export interface Layer {
  readonly name: LayerName;
  readonly values: Readonly<Record<string, Written>>;
}

export interface Given {
  readonly value: Value;
  readonly source: LayerName;
  /** As it was spelled there. */
  readonly spelled: string;
}

/** How a layer spells a setting. */
const spelling: Readonly<Record<LayerName, (id: string) => string>> = {
  flag: keyName,
  environment: variableName,
  file: keyName,
};
/** How a message names it. */
const label = (layer: LayerName, name: string): string =>
  ({ flag: `--set ${name}`, environment: name, file: `settings.${name}` })[layer];

export interface Readings {
  /** By id; absent: not given. */
  readonly given: ReadonlyMap<string, Given>;
  readonly problems: readonly string[];
}

/** @param layers  the strongest first */
export function readLayers(layers: readonly Layer[], variables: readonly Variable[]): Readings {
  const given = new Map<string, Given>();
  const problems: string[] = [];
  for (const layer of layers) {
    for (const variable of variables) {
      const found = readOne(layer, variable, problems);
      if (found !== undefined && !given.has(variable.id)) given.set(variable.id, found);
    }
    problems.push(...strangers(layer, variables));
  }
  return { given, problems };
}

function readOne(layer: Layer, variable: Variable, problems: string[]): Given | undefined {
  const spell = spelling[layer.name];
  const spellings = [{ id: variable.id, add: 0 }, ...variable.aliases];
  const found = spellings.flatMap(({ id, add }): Given[] => {
    const name = spell(id);
    const written = Object.hasOwn(layer.values, name) ? layer.values[name] : undefined;
    if (written === undefined) return [];
    const spelled = label(layer.name, name);
    const value = valueOf(lowered(variable.kind, add), written);
    if (value === undefined) {
      const expected = expectation(lowered(variable.kind, add));
      problems.push(`${spelled} is ${JSON.stringify(written)}; expected ${expected}`);
      return [];
    }
    return [
      { value: typeof value === 'number' ? value + add : value, source: layer.name, spelled },
    ];
  });
  const [first] = found;
  const other = found.find(({ value }) => value !== first?.value);
  if (first !== undefined && other !== undefined)
    problems.push(
      `${first.spelled} and ${other.spelled} are two spellings of one setting and disagree; keep one of them`,
    );
  return first;
}

/** A spelling that counts from another start has its bounds moved. */
const lowered = (kind: Variable['kind'], add: number): Variable['kind'] =>
  kind.type === 'word' ? kind : { ...kind, min: kind.min - add, max: kind.max - add };

function strangers(layer: Layer, variables: readonly Variable[]): string[] {
  const ids = variables.flatMap(({ id, aliases }) => [id, ...aliases.map((alias) => alias.id)]);
  const known = ids.map(spelling[layer.name]);
  const mine = layer.name === 'environment' ? isOurs : () => true;
  return Object.keys(layer.values)
    .filter((name) => mine(name) && !known.includes(name) && !othersVariables.includes(name))
    .map((name) => {
      const meant = nearest(name, known);
      const hint = meant === undefined ? '' : `; did you mean ${label(layer.name, meant)}?`;
      return `${label(layer.name, name)} is no setting of Fairlead${hint}`;
    });
}
