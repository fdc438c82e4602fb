/** A kubectl command line taken apart, and the two ways it ends. */
import type { StuckPodRules } from './pods.ts';
import type { World } from './world.ts';

export interface KubectlReply {
  readonly ok: boolean;
  readonly output: string;
}

export interface KubectlContext {
  readonly world: World;
  readonly scale: number;
  readonly stuck: StuckPodRules;
}

/** Words that are no option and no option's value. */
export function namesIn(words: readonly string[]): string[] {
  return words.filter(
    (word, at) =>
      !word.startsWith('-') && !['-o', '-n', '--namespace', '--name'].includes(words[at - 1] ?? ''),
  );
}

export function optionOf(words: readonly string[], prefix: string): string | undefined {
  return words.find((word) => word.startsWith(prefix))?.slice(prefix.length);
}

export function secondsIn(words: readonly string[]): number | undefined {
  const text = /^(\d+)s$/.exec(optionOf(words, '--timeout=') ?? '')?.[1];
  return text === undefined ? undefined : Number(text);
}

export function accepted(output: string): KubectlReply {
  return { ok: true, output };
}

export function refused(output: string): KubectlReply {
  return { ok: false, output };
}
