/** Which unit tests are to find the mutants of a file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const imports = /^(?:import|export)\s(?!type\s)[^;]*?from '(\.[^']+)'/gm;

/**
 * The file's own tests: `test/unit/<ring>/<name>.test.ts` and those named `<name>-….test.ts` beside it, or for a folder of the
 * ring the same in `test/unit/<folder>`; without any, or when `wide`, every test of its ring and its folder that reaches it
 * through imports.
 *
 * @param {string} file  from the root, as `actors/seen.ts`
 * @param {boolean} wide
 */
export function testsOf(file, wide) {
  const [ring = '', ...below] = file.split('/');
  const inside = below.join('/');
  const own = [file, ...(below.length > 1 ? [inside] : [])].flatMap(namedAfter);
  if (!wide && own.length > 0) return own;
  const folders = [ring, ...(below.length > 1 ? [dirname(inside)] : [])]
    .map((name) => join('test/unit', name))
    .filter((folder) => existsSync(folder));
  return folders
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
    )
    .filter((test) => test.endsWith('.test.ts') && reaches(test, file, new Set()));
}

/** None where the plain name is no test. @param {string} file */
function namedAfter(file) {
  const plain = join('test/unit', file.replace(/\.ts$/, ''));
  if (!existsSync(`${plain}.test.ts`)) return [];
  return readdirSync(dirname(plain))
    .map((name) => join(dirname(plain), name))
    .filter((test) => test.endsWith('.test.ts') && /^[.-]/.test(test.replace(plain, '')));
}

/**
 * @param {string} from
 * @param {string} file
 * @param {Set<string>} visited
 * @returns {boolean}
 */
function reaches(from, file, visited) {
  if (from === file) return true;
  if (visited.has(from) || !existsSync(from)) return false;
  visited.add(from);
  const named = [...readFileSync(from, 'utf8').matchAll(imports)].map(([, path = '']) => path);
  return named.some((path) => reaches(normalize(join(dirname(from), path)), file, visited));
}
