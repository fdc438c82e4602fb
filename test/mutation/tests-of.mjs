/** Which unit tests are to find the mutants of a file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const imports = /^(?:import|export)\s(?!type\s)[^;]*?from '(\.[^']+)'/gm;

/**
 * The file's own test, `test/unit/<ring>/<name>.test.ts`, or for a folder of the ring `test/unit/<folder>/<name>.test.ts`;
 * without one, or when `wide`, every test of its ring and its folder that reaches it through imports.
 *
 * @param {string} file  from the root, as `actors/seen.ts`
 * @param {boolean} wide
 */
export function testsOf(file, wide) {
  const [ring = '', ...below] = file.split('/');
  const inside = below.join('/');
  const own = [file, inside]
    .map((name) => join('test/unit', name.replace(/\.ts$/, '.test.ts')))
    .filter((test, index) => existsSync(test) && (index === 0 || below.length > 1));
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
