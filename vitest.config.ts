// Test kinds: quick ones in process, those that start real parts and may wait longer, killed processes, searches of whole state
// spaces, and the inspector's page in a browser.
import { defineConfig } from 'vitest/config';

const REAL_PARTS = ['test/integration/**', 'test/contract/**'];
/** More than three minutes of killed processes and restarts: `npm run test:chaos`, and CI. */
const KILLS = ['test/chaos/*.test.ts'];
/** More than a minute of computing: `npm run test:model`, and CI. */
const SEARCHES = [
  'test/model/replication/protocol.test.ts',
  'test/model/replication/taken.test.ts',
  'test/model/replication/hosted/*.test.ts',
  'test/model/replication-group/*.test.ts',
];

/** A browser and a stack at once keep two cores busy: one file at a time. `npm run test:page`, and CI. */
const IN_A_BROWSER = ['test/page/*.test.ts'];

const withRealParts = { isolate: false, testTimeout: 90_000, hookTimeout: 60_000 };

export default defineConfig({
  test: {
    // Made for 2 cores: files with real parts spend half of their time waiting for these.
    pool: 'forks',
    maxWorkers: 3,
    // Said once by the README's engines field; in every fork it only hides what matters.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          // One process takes many files: importing for each of them anew took half of the time.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: [...REAL_PARTS, ...KILLS, ...SEARCHES, ...IN_A_BROWSER],
          testTimeout: 10_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          ...withRealParts,
          include: REAL_PARTS.map((folder) => `${folder}/*.test.ts`),
        },
      },
      {
        extends: true,
        test: { name: 'chaos', ...withRealParts, include: KILLS },
      },
      {
        extends: true,
        test: { name: 'model', isolate: false, include: SEARCHES, testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'page',
          isolate: false,
          include: IN_A_BROWSER,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // As long as the browser waits for what it is to show: a busy machine draws late.
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
});
