/** Commands about the program itself: its words, its set-up, its version. */
import type { CommandLine } from './command-line.ts';
import { storedKinds } from './kinds.ts';

export const helpCommands: readonly CommandLine[] = [
  {
    name: 'explain',
    operands: '<path>',
    help: 'fields of a manifest',
    examples: [
      'fairlead explain cluster',
      'fairlead explain cluster.spec.servers',
      'fairlead explain replication.spec.schedule',
    ],
    flags: [],
    kinds: storedKinds,
    load: async () => (await import('./verbs/explain.ts')).explain,
  },
  {
    name: 'doctor',
    operands: '',
    help: 'check the way from here to the service, each part with its fix',
    examples: ['fairlead doctor'],
    flags: [],
    kinds: [],
    load: async () => (await import('./verbs/doctor.ts')).doctor,
  },
  {
    name: 'inspect',
    operands: '',
    help: 'link to the inspector of the local stack, which logs a browser in',
    examples: ['fairlead inspect', 'fairlead inspect -o json'],
    flags: [],
    kinds: [],
    load: async () => (await import('./verbs/inspect.ts')).inspect,
  },
  {
    name: 'dashboard',
    operands: '',
    help: 'Grafana dashboard of every metric, as JSON to import',
    examples: ['fairlead dashboard > fairlead.json'],
    flags: [],
    kinds: [],
    load: async () => (await import('./verbs/dashboard.ts')).dashboard,
  },
  {
    name: 'completion',
    operands: '<shell>',
    help: 'completion script for bash, zsh or fish',
    examples: ['source <(fairlead completion bash)', 'fairlead completion fish | source'],
    flags: [],
    kinds: [],
    load: async () => (await import('./verbs/completion.ts')).completion,
  },
  {
    name: 'version',
    operands: '',
    help: 'version of the CLI',
    examples: ['fairlead version', 'fairlead version -o json'],
    flags: [],
    kinds: [],
    load: async () => (await import('./verbs/version.ts')).version,
  },
  {
    name: 'help',
    operands: '[topic]',
    help: 'help on a command, or on exit-codes',
    examples: ['fairlead help apply', 'fairlead help exit-codes'],
    flags: [],
    kinds: [],
    load: async () => (await import('./verbs/help.ts')).help,
  },
];
