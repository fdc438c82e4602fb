/** What the artifact server is told to do wrong: each rule names an asset and how often it still applies. */
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonFile, writeJsonFile } from '../node/json-file.ts';

const ruleSchema = z.strictObject({
  /** `unlisted`: a checksum list without the line of the binary itself. */
  kind: z.enum(['checksum', 'notFound', 'half', 'slow', 'unlisted']),
  /** A whole asset name such as `k3s` or `sha256sum-amd64.txt`; empty means any. */
  asset: z.string().default(''),
  times: z.number().int().min(1).max(100_000).default(1),
  /** How many times slower; only for `slow`. */
  factor: z.number().min(1).max(1000).default(10),
});
export type ArtifactFault = z.infer<typeof ruleSchema>;

export interface ArtifactFaults {
  /** @throws ZodError when the rule is malformed */
  add(rule: unknown): void;
  clear(): void;
  list(): readonly ArtifactFault[];
  /** The first rule that applies to this request, used up by it. */
  take(asset: string): ArtifactFault | undefined;
}

/** The rules survive the process: a killed simulator comes back with the faults it was given. */
export function createArtifactFaults(folder: string): ArtifactFaults {
  const file = join(folder, 'artifact-faults.json');
  let rules = z.array(ruleSchema).parse(readJsonFile(file) ?? []);

  function store(next: ArtifactFault[]): void {
    rules = next;
    writeJsonFile(file, rules);
  }

  return {
    add: (rule) => {
      store([...rules, ruleSchema.parse(rule)]);
    },
    clear: () => {
      store([]);
    },
    list: () => rules,
    take: (asset) => {
      const found = rules.find((rule) => rule.asset === '' || rule.asset === asset);
      if (found === undefined) return undefined;
      const rest = rules.filter((rule) => rule !== found);
      store(found.times > 1 ? [{ ...found, times: found.times - 1 }, ...rest] : rest);
      return found;
    },
  };
}
