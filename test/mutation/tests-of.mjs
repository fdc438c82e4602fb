/** Which unit tests are to find the mutants of a file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const imports = /^(?:import|export)\s(?!type\s)[^;]*?from '(\.[^']+)'/gm;

/**
 * The file's own test, `test/unit/<ring>/<name>.test.ts`; without one, or when `wide`, every test of its ring that reaches it
 * through imports.
 *
 * @param {string} file  from the root, as `actors/seen.ts`
 * @param {boolean} wide
 */
export function testsOf(file, wide) {
  const folder = join('test/unit', dirname(file));
  const own = join('test/unit', file.replace(/\.ts$/, '.test.ts'));
  if (!wide && existsSync(own)) return [own];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .filter((test) => reaches(test, file, new Set()));
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
