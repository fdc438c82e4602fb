/** A process of the soak: lives the stories it is sent, one at a time, and tells of each. */
import { live } from '../model/replication/hosted/runs.ts';
import { smallest, storyOf } from '../model/replication/hosted/seeds.ts';
import type { Told, Wanted } from './told.ts';

const linesMax = 2_000;

process.on('message', (message) => {
  void answer(message as Wanted);
});
process.on('disconnect', () => process.exit(0));

async function answer({ seed, shrink, follow }: Wanted): Promise<void> {
  const lines: string[] = [];
  const lived = await live(storyOf(seed), (line) => {
    if (follow && lines.length < linesMax) lines.push(line);
  });
  const { end, ...counts } = lived;
  const told: Told = { ...counts, seed, lines: follow ? [...lines, end] : [] };
  if (lived.problems.length === 0 || !shrink) return void process.send?.(told);
  process.send?.({ ...told, smallest: JSON.stringify(await smallest(seed)) });
}
