/** Commands that only look: at resources, what became of them, and what hosts keep in memory. */
import { allNamespaces, noHeaders, sortBy, selector, limit } from './command-flags.ts';
import type { CommandLine } from './command-line.ts';
import { chartFormats, chartKinds } from './chart-words.ts';
import { registryKinds, resourceKinds, storedKinds } from './kinds.ts';

const listing = (name: string, help: string, examples: readonly string[]): CommandLine => ({
  name,
  operands: '<kind> [names...]',
  help,
  examples,
  flags: [
    allNamespaces,
    noHeaders,
    selector,
    sortBy,
    { flags: '--cluster <name>', help: 'limits: those that calls for this cluster pass' },
    { flags: '--host <name>', help: 'what hosts keep in memory: only what this one tells' },
    { flags: '--now', help: 'health, backends: look now instead of telling the last look' },
  ],
  kinds: [...resourceKinds, ...registryKinds],
  load: async () => (await import('./verbs/get.ts')).get,
});

export const readingCommands: readonly CommandLine[] = [
  listing('get', 'list resources, or show some by name', [
    'fairlead get clusters -A -o wide',
    'fairlead get nodes prod',
    'fairlead get cluster prod -o yaml',
    'fairlead get limits --cluster prod',
    'fairlead get health --now',
    'fairlead get backends',
  ]),
  listing('list', 'the same as get', ['fairlead breaker list', 'fairlead cluster list -A']),
  {
    name: 'describe',
    operands: '<kind> [names...]',
    help: 'everything known about a resource, for reading',
    examples: [
      'fairlead describe cluster prod',
      'fairlead describe replication db-1',
      'fairlead breaker describe ec2:mutate',
    ],
    flags: [],
    kinds: [...storedKinds, 'breaker'],
    load: async () => (await import('./verbs/describe.ts')).describe,
  },
  {
    name: 'chart',
    operands: '<kind> [names...]',
    help: 'the chart of a kind; of a resource, with the states it is in',
    examples: [
      'fairlead chart cluster',
      'fairlead chart cluster prod',
      'fairlead chart cluster prod --child s0/operation',
      'fairlead chart replication -o svg > replication.svg',
    ],
    flags: [
      { flags: '--child <path>', help: 'a machine inside: ids of children, joined by /' },
      { flags: '--overview', help: 'with -o svg: inner states folded where the chart is large' },
    ],
    outputs: chartFormats,
    kinds: chartKinds,
    load: async () => (await import('./verbs/chart.ts')).chart,
  },
  {
    name: 'watch',
    operands: '<kind> [names...]',
    help: 'print resources again whenever they change; JSON lines when piped',
    examples: ['fairlead watch clusters', 'fairlead watch cluster prod | jq .status.state'],
    flags: [allNamespaces, noHeaders],
    kinds: resourceKinds,
    load: async () => (await import('./verbs/watch.ts')).watch,
  },
  {
    name: 'top',
    operands: '',
    help: 'the whole fleet as it changes, those first that need a look; one table when piped',
    examples: [
      'fairlead top -A',
      "fairlead top -q 'kind:cluster -severity:healthy since:>20m'",
      'fairlead top -A --once -o json | jq .items[].reason',
    ],
    flags: [
      allNamespaces,
      selector,
      {
        flags: '-q, --query <query>',
        help: 'only what matches, such as kind:cluster state:failed since:>20m is:stuck words',
      },
      { flags: '--once', help: 'one picture, then the end' },
      { flags: '--interval <span>', help: 'between two pictures (default: 1s)', value: 'duration' },
      noHeaders,
    ],
    kinds: [],
    load: async () => (await import('./verbs/top.ts')).top,
  },
  {
    name: 'wait',
    operands: '<kind> [names...]',
    help: 'wait until a state is reached, or can no longer be reached',
    examples: [
      'fairlead wait cluster prod --for running --timeout 20m',
      'fairlead wait cluster prod --for condition=Ready',
      'fairlead wait cluster prod --for deleted',
      'fairlead wait replication db-1 --for writer=away',
    ],
    flags: [
      {
        flags: '--for <goal>',
        help: 'a state, "deleted", or condition=<type>[=<status>]; of a replication also home=<state>, writer=<side>',
      },
    ],
    kinds: storedKinds,
    load: async () => (await import('./verbs/wait.ts')).wait,
  },
  {
    name: 'events',
    operands: '[kind] [names...]',
    help: 'what has happened, oldest first',
    examples: [
      'fairlead events cluster prod',
      'fairlead events -A --follow',
      'fairlead events breakers --since 10m',
      'fairlead events hosts',
    ],
    flags: [
      allNamespaces,
      noHeaders,
      limit,
      { flags: '--since <span>', help: 'not older than this, such as 10m', value: 'duration' },
      { flags: '--follow', help: 'go on with new events' },
    ],
    kinds: [...storedKinds, 'breaker', 'host'],
    load: async () => (await import('./verbs/events.ts')).events,
  },
  {
    name: 'history',
    operands: '<kind> [names...]',
    help: 'stored events of one resource',
    examples: [
      'fairlead history cluster prod --limit 20',
      'fairlead history cluster prod --correlation <id>',
    ],
    flags: [
      noHeaders,
      limit,
      { flags: '--correlation <id>', help: 'only what one command caused' },
    ],
    kinds: storedKinds,
    load: async () => (await import('./verbs/events.ts')).history,
  },
  {
    name: 'outcome',
    operands: '<kind> <name> [command-id]',
    help: 'what became of a command',
    examples: ['fairlead outcome cluster prod 01JD7QK3ZC8V0X5T9M2N4P6R8S'],
    flags: [],
    kinds: storedKinds,
    load: async () => (await import('./verbs/outcome.ts')).outcome,
  },
];
