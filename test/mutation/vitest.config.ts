// The tests of one file under mutation, for Stryker alone: `test/mutation/main.mjs` names them.
import { defineConfig } from 'vitest/config';

const include = process.env['FAIRLEAD_MUTATION_TESTS']?.split(' ') ?? [];

// A mutant that hangs is found after so long; the tests take a tenth of it on a busy machine.
export default defineConfig({ test: { include, testTimeout: 4_000 } });
