/** A process of the simulation: plays the seeds it is sent, one at a time. Its argument names a planted bug, if any. */
import { register } from 'node:module';
import { mutantOf } from './mutants/all.ts';
import type { Told, Wanted } from './told.ts';

const linesMax = 20_000;
const planted = mutantOf(process.argv[2] ?? '');
if (planted !== undefined && 'rewrite' in planted)
  register('./mutants/loader.js', import.meta.url, { data: planted.rewrite });
const mutant = planted !== undefined && 'port' in planted ? planted.port : {};
// Only now: what is imported from here on is loaded with its bug.
const { play } = await import('./play.ts');
const { smallest } = await import('./shrink.ts');
const { storyOf } = await import('./tell.ts');

process.on('message', (message) => {
  void answer(message as Wanted);
});
process.on('disconnect', () => process.exit(0));

async function answer({ seed, hosts, follow, shrinkMs }: Wanted): Promise<void> {
  const lines: string[] = [];
  const story = storyOf(seed, hosts === undefined ? {} : { hosts });
  const told = await play(story, {
    mutant,
    ...(follow && {
      follow: (line: string) => {
        if (lines.length < linesMax) lines.push(line);
      },
    }),
  });
  const [problem] = told.problems;
  const untilMs = Date.now() + shrinkMs;
  const less =
    problem === undefined || shrinkMs === 0
      ? undefined
      : await smallest(story, problem, () => Date.now() > untilMs, { mutant });
  const whole: Told = { ...told, seed, lines, ...(less && { smallest: less }) };
  process.send?.(whole);
}
