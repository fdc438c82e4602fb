/** Manifests, the host's config and words for the CLI: read, or refused in words, never a stack trace. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/host-config.ts';
import { exitMeanings } from '../../src/cli/exit-codes.ts';
import { Failure } from '../../src/cli/failure.ts';
import { parseManifests } from '../../src/cli/manifests.ts';
import { run } from '../../src/cli/run.ts';
import { packageRoot } from '../../src/package-root.ts';
import { fakeService } from '../unit/cli/fake-service.ts';
import { fakeTerminal } from '../unit/cli/fake-terminal.ts';
import { fuzz } from './fuzzing.ts';
import { mangled, oddText, torn, written } from './odd.ts';
import { clusterManifest, groupManifest, pairManifest } from './scenes.ts';

const textOf = (...path: string[]): string => readFileSync(join(packageRoot(), ...path), 'utf8');
const decoded = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const manifests = fc.oneof(
  torn([textOf('examples', 'fleet.yaml'), textOf('examples', 'replication.yaml')]).map(decoded),
  mangled([clusterManifest, pairManifest, groupManifest]).map(written),
);
fuzz(
  'manifests of any form are read or refused with every problem',
  150,
  manifests,
  async (text) => {
    try {
      const declared = parseManifests([{ source: 'x', text }], { name: 'shop', isForced: false });
      expect(declared.length).toBeGreaterThan(0);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(Failure);
      expect((thrown as Failure).exit).toBe(2);
    }
  },
);

let folder = '';
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'fairlead-fuzz-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const config = {
  ...{ dataDir: 'd', nats: { url: 'nats://n:4222', nkeySeedFile: 's' }, pacing: { scale: 2 } },
  aws: { mode: 'simulator', endpoint: 'http://127.0.0.1:9000', accessKeyFile: 'key' },
  kubernetes: { clusters: { 'a/b': { kubeconfigFile: 'k' } } },
  settings: { breakerOpenTime: '45s' },
  retryPolicies: { mine: { extends: 'default', maxAttempts: 3 } },
};
const configs = fc.oneof(
  torn([textOf('deploy', 'host.yaml'), written(config)]),
  mangled([config]).map((value) => new TextEncoder().encode(written(value))),
);
fuzz('config files of any form are read or refused', 120, configs, async (bytes) => {
  const file = join(folder, 'host.yaml');
  writeFileSync(file, bytes);
  try {
    expect(typeof (await loadConfig(file)).dataDir).toBe('string');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(ConfigError);
  }
});

const words = fc
  .tuple(
    fc.constantFrom(
      ...['get cluster eu', 'get clusters -o json', 'describe cluster eu', 'history cluster eu'],
      ...[
        'scale cluster eu --pool web --count 3',
        'delete cluster eu --yes',
        'explain cluster.spec',
      ],
      ...[
        'why cluster eu pause',
        'apply -f - --dry-run=client',
        'completion bash',
        'wait cluster eu',
      ],
      ...['pause cluster eu --reason x', 'breaker list', 'replication failover db --how forced'],
    ),
    fc.array(
      fc.record({
        at: fc.nat(6),
        word: fc.oneof(
          oddText,
          fc.constantFrom(
            '--help',
            '-n',
            '--',
            '-o',
            '--no-such',
            '--set',
            '=',
            '--timeout',
            '1ms',
          ),
        ),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  )
  .map(([line, changes]) => {
    const given = line.split(' ');
    for (const { at, word } of changes) given.splice(at, word.length % 2, word);
    return given;
  });
fuzz(
  'words of any form to the CLI end with a code that is documented',
  80,
  words,
  async (given) => {
    const terminal = fakeTerminal({ answer: 'no' });
    const service = fakeService();
    const limit = setTimeout(() => terminal.interrupt(), 300);
    const argv = ['--nats', 'nats://127.0.0.1:4222', ...given];
    const exit = await run(argv, terminal, async () => service.session);
    clearTimeout(limit);
    expect(Object.keys(exitMeanings)).toContain(String(exit));
    expect(terminal.stderr()).not.toMatch(/\n\s+at .*(\.ts|\.js):\d+/);
    expect(terminal.stderr(), given.join(' ')).not.toMatch(
      /TypeError|RangeError|is not a function/,
    );
  },
);
