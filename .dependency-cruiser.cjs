// Which way imports may point: test → src → actors → machines, adapters apart from each other.
const ADAPTERS = '^src/(nats|aws|k3s|volumes|simulator)/';
const SCHEMAS = '^machines/(specs|messages)[a-z-]*\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'machines-import-only-xstate',
      comment: 'Charts are pure: xstate and each other. zod belongs to specs*.ts and messages*.ts.',
      severity: 'error',
      from: { path: '^machines/', pathNot: SCHEMAS },
      to: { pathNot: '^(machines/|node_modules/xstate/)' },
    },
    {
      name: 'schemas-import-only-zod',
      comment: 'The schema files know zod and the other machines, nothing else.',
      severity: 'error',
      from: { path: SCHEMAS },
      to: { pathNot: '^(machines/|node_modules/zod/)' },
    },
    {
      name: 'charts-import-schemas-as-types',
      comment: 'A chart at run time needs xstate alone: use `import type` for schemas.',
      severity: 'error',
      from: { path: '^machines/', pathNot: SCHEMAS },
      to: { path: SCHEMAS, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'actors-do-not-reach-the-world',
      comment: 'Hosting imports machines, xstate and zod; the world comes in by ports.',
      severity: 'error',
      from: { path: '^actors/' },
      to: { pathNot: '^(actors/|machines/|node_modules/(xstate|zod)/)' },
    },
    {
      name: 'adapters-do-not-know-each-other',
      comment: 'Adapters meet behind ports, in main.ts and compose/ only.',
      severity: 'error',
      from: { path: '^src/(nats|aws|k3s|volumes|simulator)/' },
      to: {
        path: ADAPTERS,
        pathNot: [
          '^src/$1/',
          // The simulator runs nothing but the shipped node scripts, so it must recognise them.
          '^src/k3s/script\\.ts$',
        ],
      },
    },
    {
      name: 'only-main-knows-adapters',
      comment:
        'main, compose, stack and the simulator put adapters together; the CLI speaks NATS and nothing else.',
      severity: 'error',
      from: {
        path: '^src/',
        pathNot: ['^src/main\\.ts$', '^src/compose/', '^src/stack/', '^src/cli', ADAPTERS],
      },
      to: { path: ADAPTERS },
    },
    {
      name: 'cli-knows-nats-only',
      comment: 'Nothing private: the CLI is a client like any other.',
      severity: 'error',
      from: { path: '^src/cli' },
      to: { path: '^src/(aws|k3s|volumes|simulator|stack)/' },
    },
    {
      name: 'page-knows-no-host',
      comment:
        'The page runs in browsers: preact, the words it shares with the service, and pure code of charts and steps.',
      severity: 'error',
      from: { path: '^src/inspector/page/' },
      to: {
        pathNot: [
          '^src/inspector/(page/|chart/|(api|confirming|window)\\.ts$)',
          // Foreign messages are parsed, within bounds.
          '^machines/limits-(inspector[a-z-]*|partitions)\\.ts$',
          '^actors/steps/',
          '^node_modules/(preact|@preact|zod/mini)/',
        ],
      },
    },
    {
      name: 'no-cycles',
      // A verb that is loaded on demand may list all verbs: nothing depends on the order of loading there.
      comment: 'Two files that need each other are one file or three.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['dynamic-import'] } },
    },
    {
      name: 'nothing-unresolved',
      comment: 'An import that cannot be found would escape every rule above.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
};
