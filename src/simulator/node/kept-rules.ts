/** A list of rules from outside that survives the process: a killed simulator comes back with the ones it was given. */
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from './json-file.ts';

export interface KeptRules<Rule> {
  /** @throws ZodError when the rule is malformed */
  add(rule: unknown): void;
  clear(): void;
  list(): readonly Rule[];
  /** Instead of all there are. */
  replace(rules: readonly Rule[]): void;
}

/** @throws ZodError when the file holds something else */
export function keptRules<Rule>(file: string, ruleSchema: z.ZodType<Rule>): KeptRules<Rule> {
  let rules: readonly Rule[] = z.array(ruleSchema).parse(readJsonFile(file) ?? []);

  function replace(next: readonly Rule[]): void {
    rules = next;
    writeJsonFile(file, rules);
  }

  return {
    add: (rule) => {
      replace([...rules, ruleSchema.parse(rule)]);
    },
    clear: () => {
      replace([]);
    },
    list: () => rules,
    replace,
  };
}
