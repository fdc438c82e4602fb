/** What the artifact server is told to do wrong: each rule names an asset and how often it still applies. */
import { join } from 'node:path';
import { z } from 'zod';
import { keptRules } from '../node/kept-rules.ts';
import type { KeptRules } from '../node/kept-rules.ts';

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

export interface ArtifactFaults extends KeptRules<ArtifactFault> {
  /** The first rule that applies to this request, used up by it. */
  take(asset: string): ArtifactFault | undefined;
}

export function createArtifactFaults(folder: string): ArtifactFaults {
  const rules = keptRules(join(folder, 'artifact-faults.json'), ruleSchema);
  return {
    ...rules,
    take: (asset) => {
      const all = rules.list();
      const found = all.find((rule) => rule.asset === '' || rule.asset === asset);
      if (found === undefined) return undefined;
      const rest = all.filter((rule) => rule !== found);
      rules.replace(found.times > 1 ? [{ ...found, times: found.times - 1 }, ...rest] : rest);
      return found;
    },
  };
}
