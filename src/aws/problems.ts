/** What planning finds wrong with a spec once it meets the world: collected, then told together in one fault. */
import { bounds } from '../../machines/limits.ts';
import { ownFault } from './faults.ts';
import type { CloudFault } from './faults.ts';

export interface Problem {
  /** As users write it: `spec.agentPools[0].instanceTypes[1]`. */
  readonly path: string;
  /** Registered code, area `manifest`. */
  readonly code: string;
  /** `is <value>: <why it cannot work>; <what to write instead>`; the path is put before it. */
  readonly text: string;
}

/** All problems in one `InvalidSpec` fault. Those that do not fit into its message are still named by path. */
export function problemsFault(found: readonly Problem[]): CloudFault {
  // They come from reads side by side; the same spec gives the same text.
  const problems = [...found].sort((left, right) => (left.path < right.path ? -1 : 1));
  const sentences = problems.map(({ path, text }) => `${path} ${text}.`);
  const code = problems.length === 1 ? (problems[0]?.code ?? '') : 'manifest.invalid';
  for (let told = sentences.length; told > 0; told -= 1) {
    const rest = problems.slice(told).map(({ path }) => path);
    const message = [
      ...sentences.slice(0, told),
      ...(rest.length === 0 ? [] : [`Also wrong: ${rest.join(', ')}.`]),
    ].join(' ');
    if (message.length <= bounds.faultMessageChars) return ownFault('InvalidSpec', code, message);
  }
  return ownFault('InvalidSpec', code, sentences.join(' '));
}
