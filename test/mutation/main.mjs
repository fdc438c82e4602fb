/** `npm run mutation -- [FILE[:FIRST-LAST]…] [--minutes M] [--wide]`: which small faults in a file no unit test would notice. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { install, run } from './stryker.mjs';
import { testsOf } from './tests-of.mjs';

/** @typedef {import('./reporter.mjs').Mutant} Mutant */

const usage = `usage: npm run mutation -- [FILE[:FIRST-LAST]...] [--minutes M] [--wide]
  FILE          below machines/ or actors/, with lines or whole; the commit path when left out
  --minutes M   for all files together, 10 by default; what was not reached is said
  --wide        every unit test that reaches the file, instead of the file's own`;

/** Smallest first, so that a short run ends some of them. */
const commitPath = [
  ...['seen', 'stored-life', 'commit', 'outbox', 'record', 'ownership', 'commit-gate', 'envelope'],
  'hosted-actor',
].map((name) => `actors/${name}.ts`);

const artifacts = 'test/artifacts/mutation';

function arguments_() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      minutes: { type: 'string', default: '10' },
      wide: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 24 * 60))
    throw new Error('--minutes must be above 0 and at most 1440');
  for (const each of positionals)
    if (!/^(machines|actors)\/.+\.ts(:\d+-\d+)?$/.test(each) || !existsSync(fileOf(each)))
      throw new Error(`${each} is no file below machines/ or actors/`);
  return { minutes, wide: values.wide, files: positionals.length > 0 ? positionals : commitPath };
}

/** @param {string} mutate */
const fileOf = (mutate) => mutate.replace(/:.*/, '');

const columns = ['mutants', 'killed', 'survived', 'timeout', 'no coverage', 'score'];

/** @param {string} name @param {readonly (string | number)[]} cells */
const row = (name, cells) =>
  name.padEnd(30) + cells.map((cell) => String(cell).padStart(12)).join('');

/** @param {string} name @param {number} planned @param {readonly Mutant[]} mutants */
function scoreOf(name, planned, mutants) {
  /** @param {string} wanted */
  const count = (wanted) => mutants.filter(({ status }) => status === wanted).length;
  const [killed, survived] = [count('Killed'), count('Survived')];
  const [timeout, uncovered] = [count('Timeout'), count('NoCoverage')];
  const judged = killed + survived + timeout + uncovered;
  const score = judged === 0 ? '-' : `${((100 * (killed + timeout)) / judged).toFixed(1)} %`;
  const told = mutants.length < planned ? `${mutants.length}/${planned}` : planned;
  return row(name, [told, killed, survived, timeout, uncovered, score]);
}

/** What lived, with the place and both texts. @param {string} file @param {readonly Mutant[]} mutants */
function survivorsOf(file, mutants) {
  const source = readFileSync(file, 'utf8').split('\n');
  return mutants
    .filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
    .map(({ status, mutatorName, replacement, location: { start, end } }) => {
      const last = source.slice(start.line - 1, end.line);
      last[last.length - 1] = (last.at(-1) ?? '').slice(0, end.column - 1);
      const before = last.join('\n').slice(start.column - 1);
      const place = `${file}:${start.line}:${start.column}`;
      return `${place} ${status} ${mutatorName}\n- ${before}\n+ ${replacement}\n`;
    });
}

/** @param {{ minutes: number, wide: boolean, files: readonly string[] }} wanted */
async function mutation({ minutes, wide, files }) {
  install();
  mkdirSync(artifacts, { recursive: true });
  const endMs = Date.now() + minutes * 60_000;
  const missed = [];
  let status = 0;
  console.log(row('file', columns));
  for (const mutate of files) {
    const file = fileOf(mutate);
    const tests = testsOf(file, wide);
    if (tests.length === 0) throw new Error(`no unit test imports ${file}: write one first`);
    const isLate = Date.now() >= endMs;
    const { planned, mutants, crash } = isLate
      ? { planned: 0, mutants: [], crash: undefined }
      : await run({ mutate, tests, endMs });
    if (crash !== undefined) {
      const where = planned === 0 ? 'before it began' : `after ${mutants.length} of ${planned}`;
      const hint = planned === 0 ? `; do its tests pass? ${tests.join(' ')}` : '';
      console.log(`${mutate}: Stryker ended with ${crash} ${where}${hint}`);
      status = 1;
    } else if (planned === 0 && Date.now() < endMs) {
      console.log(`${mutate}: there is nothing to mutate`);
      continue;
    }
    if (crash === undefined && (mutants.length < planned || planned === 0)) missed.push(mutate);
    if (planned === 0) continue;
    console.log(scoreOf(mutate, planned, mutants));
    const path = `${artifacts}/${file.replaceAll('/', '-')}.txt`;
    writeFileSync(path, survivorsOf(file, mutants).join('\n'));
  }
  if (missed.length > 0) console.log(`not ended in ${minutes} min: ${missed.join(' ')}`);
  console.log(`what survived: ${artifacts}/`);
  return status;
}

try {
  const wanted = arguments_();
  if (wanted === undefined) console.log(usage);
  else process.exitCode = await mutation(wanted);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
  process.exitCode = 2;
}
