/** The one suite: every rule of EC2 and SSM that the control plane relies on. */
import { commandRules } from './command-rules.ts';
import { instanceRules } from './instance-rules.ts';
import { launchRules } from './launch-rules.ts';
import { networkRules } from './network-rules.ts';
import { parameterRules } from './parameter-rules.ts';
import { powerRules } from './power-rules.ts';
import { openBook } from './rules.ts';
import { snapshotRules } from './snapshot-rules.ts';
import { tagRules } from './tag-rules.ts';
import type { Ability, Target } from './target.ts';
import { volumeRules } from './volume-rules.ts';

/** Declares the tests; the target itself is asked for when they run. */
export function contract(
  name: Target['name'],
  abilities: readonly Ability[],
  target: () => Target,
): void {
  const book = openBook(target, name, abilities);
  launchRules(book);
  instanceRules(book);
  powerRules(book);
  tagRules(book);
  volumeRules(book);
  snapshotRules(book);
  networkRules(book);
  parameterRules(book);
  commandRules(book);
}
