/** The one list of what can be called: help, parsing, completion and the reference page follow from it. */
import { execVerbs } from '../../machines/exec-verbs.ts';
import type { CommandLine, FlagLine } from './command-line.ts';
import { registryKinds, resourceKinds, storedKinds } from './kinds.ts';
import { operatingCommands } from './operating-commands.ts';
import { outputFormats } from './output.ts';
import { agreed, expectEpoch, replicationCommands } from './replication-commands.ts';

/** Flags that every verb takes. */
export const globalFlags: readonly FlagLine[] = [
  { flags: '-o, --output <format>', help: 'how data is printed', choices: outputFormats },
  { flags: '-n, --namespace <name>', help: 'namespace (default: FAIRLEAD_NAMESPACE or "default")' },
  { flags: '--timeout <span>', help: 'longest wait, such as 30s or 20m', value: 'duration' },
  { flags: '--nats <url>', help: 'NATS server, such as nats://127.0.0.1:4222' },
  { flags: '--nkey <file>', help: 'file that holds the nkey seed' },
  { flags: '--creds <file>', help: 'NATS credentials file' },
  { flags: '--context <name>', help: 'context of the nats CLI' },
  { flags: '--color <when>', help: 'colour', choices: ['auto', 'always', 'never'] },
  { flags: '--by <who>', help: 'who asks, for the audit (default: user@host)' },
];

const allNamespaces: FlagLine = { flags: '-A, --all-namespaces', help: 'every namespace' };
const noHeaders: FlagLine = { flags: '--no-headers', help: 'tables without the first line' };
const files: FlagLine = {
  flags: '-f, --filename <file>',
  help: 'manifest file, folder, or - for stdin; may be repeated',
  value: 'repeat',
};
const dryRun: FlagLine = {
  flags: '--dry-run [=mode]',
  help: 'change nothing: "turn" asks the service what would happen, "client" only checks here',
  choices: ['turn', 'client'],
  alone: 'turn',
};
const wait: FlagLine = {
  flags: '--wait [=goal]',
  help: 'wait for a state (default: what the command is for)',
  alone: 'done',
};
const reason: FlagLine = { flags: '--reason <text>', help: 'why, for the audit' };
const commandId: FlagLine = {
  flags: '--command-id <id>',
  help: 'id that makes a repeat harmless (default: a new one)',
};
const ifRevision: FlagLine = {
  flags: '--if-revision <n>',
  help: 'only if the resource still has this revision',
  value: 'count',
};
const sortBy: FlagLine = {
  flags: '--sort-by <column>',
  help: 'order of the rows: a column, or a field such as metadata.name',
};
const selector: FlagLine = {
  flags: '-l, --selector <labels>',
  help: 'only what carries these labels: key=value, separated by commas',
  value: 'list',
};
const limit: FlagLine = { flags: '--limit <n>', help: 'newest entries only', value: 'count' };

const order = (name: string, help: string, example: string): CommandLine => ({
  name,
  operands: '<kind> [names...]',
  help,
  examples: [example],
  flags: [wait, reason, commandId, ifRevision],
  kinds: ['cluster'],
  load: async () => (await import('./verbs/order.ts')).orderVerb(name),
});

/** One that replications take as well. */
const sharedOrder = (name: string, help: string, examples: readonly string[]): CommandLine => ({
  ...order(name, help, ''),
  examples,
  flags: [wait, reason, commandId, ifRevision, expectEpoch],
  kinds: storedKinds,
  load: async () => (await import('./verbs/order.ts')).orderVerb(name, () => ({}), storedKinds),
});

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
    { flags: '--now', help: 'health, backends: look now instead of telling the last look' },
  ],
  kinds: [...resourceKinds, ...registryKinds],
  load: async () => (await import('./verbs/get.ts')).get,
});

export const commands: readonly CommandLine[] = [
  {
    name: 'apply',
    operands: '',
    help: 'create or change what manifests declare',
    examples: [
      'fairlead apply -f examples/fleet.yaml --wait --timeout 20m',
      'fairlead apply -f fleet/ --dry-run=client',
      'cat dev.yaml | fairlead apply -f -',
    ],
    flags: [files, dryRun, wait, reason, commandId, ifRevision],
    kinds: [],
    load: async () => (await import('./verbs/apply.ts')).apply,
  },
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
    name: 'watch',
    operands: '<kind> [names...]',
    help: 'print resources again whenever they change; JSON lines when piped',
    examples: ['fairlead watch clusters', 'fairlead watch cluster prod | jq .status.state'],
    flags: [allNamespaces, noHeaders],
    kinds: resourceKinds,
    load: async () => (await import('./verbs/watch.ts')).watch,
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
    ],
    flags: [
      allNamespaces,
      noHeaders,
      limit,
      { flags: '--since <span>', help: 'not older than this, such as 10m', value: 'duration' },
      { flags: '--follow', help: 'go on with new events' },
    ],
    kinds: [...storedKinds, 'breaker'],
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
  {
    name: 'create',
    operands: '[kind] [name]',
    help: 'create a cluster without a manifest, or what manifests declare; refused when the name is taken',
    examples: [
      'fairlead cluster create dev --region eu-central-1',
      'fairlead cluster create prod --region eu-central-1 --servers 3 --agents 2 --instance-type m6i.large --wait',
      'fairlead cluster create dev --region eu-central-1 --dry-run=client -o yaml > dev.yaml',
      'fairlead replication create -f examples/replication.yaml',
    ],
    flags: [
      files,
      { flags: '--region <region>', help: 'AWS region, such as eu-central-1' },
      { flags: '--servers <n>', help: 'servers: 1, 3, 5 or 7 (default: 1)', value: 'count' },
      {
        flags: '--agents <n>',
        help: 'agents, in a pool named agents (default: 0)',
        value: 'count',
      },
      {
        flags: '--instance-type <types>',
        help: 'types in order of preference, separated by commas (default: t3.medium)',
        value: 'list',
      },
      {
        flags: '--agent-type <types>',
        help: 'types of the agents (default: those of the servers)',
        value: 'list',
      },
      { flags: '--profile <name>', help: 'development, staging, production or high-volume' },
      { flags: '--channel <name>', help: 'K3s channel, such as stable or v1.31' },
      { flags: '--k3s <version>', help: 'K3s version, such as v1.31.4+k3s1' },
      dryRun,
      wait,
      reason,
      commandId,
    ],
    kinds: storedKinds,
    load: async () => (await import('./verbs/create.ts')).create,
  },
  {
    name: 'delete',
    operands: '[kind] [names...]',
    help: 'remove a cluster with its nodes, or a replication; volumes of a replication stay',
    examples: [
      'fairlead delete cluster dev --wait',
      'fairlead delete -f examples/fleet.yaml --yes',
      'fairlead delete replication db-1 --force --confirm db-1',
    ],
    flags: [
      files,
      wait,
      { flags: '--force', help: 'skip what can be skipped, such as a pause' },
      ...agreed,
      {
        flags: '--ack <name>',
        help: 'of a replication with a failed side: its name, if nobody knows whether that side writes',
      },
      expectEpoch,
      { flags: '--ignore-not-found', help: 'no error when it is gone already' },
      reason,
      commandId,
      ifRevision,
    ],
    kinds: storedKinds,
    load: async () => (await import('./verbs/delete.ts')).remove,
  },
  sharedOrder('pause', 'start nothing new; a call in flight ends', [
    'fairlead pause cluster prod --reason "audit"',
    'fairlead pause replication db-1',
  ]),
  sharedOrder('resume', 'go on after a pause', ['fairlead resume cluster prod']),
  order('retry', 'try again what failed or was blocked', 'fairlead retry cluster prod --wait'),
  sharedOrder('cancel', 'end what is under way at its next safe step', [
    'fairlead cancel cluster prod --reason "wrong pool"',
    'fairlead cancel replication db-1',
  ]),
  order('stop', 'stop every node; nothing is lost', 'fairlead stop cluster dev --wait'),
  order('start', 'start a stopped cluster', 'fairlead start cluster dev --wait --timeout 20m'),
  {
    ...order('scale', 'change the number of servers or agents', ''),
    examples: [
      'fairlead scale cluster prod --pool web --count 4 --wait',
      'fairlead scale cluster prod --pool server --count 3',
    ],
    flags: [
      { flags: '--pool <name>', help: 'agent pool, or "server" for the control plane' },
      { flags: '--count <n>', help: 'how many nodes; servers: 1, 3, 5 or 7', value: 'count' },
      ...[wait, reason, commandId, ifRevision],
    ],
    load: async () => (await import('./verbs/scale.ts')).scale,
  },
  {
    ...order('restart', 'restart nodes: agents drained in rounds, then servers one at a time', ''),
    examples: [
      'fairlead restart cluster prod --wait',
      'fairlead restart cluster prod --pool web',
      'fairlead restart cluster prod --nodes prod-web-0-1,prod-web-1-1',
    ],
    flags: [
      { flags: '--pool <name>', help: 'only this pool' },
      { flags: '--nodes <names>', help: 'only these nodes, separated by commas', value: 'list' },
      ...[wait, reason, commandId, ifRevision],
    ],
    load: async () => (await import('./verbs/scale.ts')).restart,
  },
  {
    name: 'exec',
    operands: '<kind> [names...]',
    help: 'run a shipped script that only looks on many nodes at once',
    examples: [
      'fairlead exec cluster prod --verb check',
      'fairlead exec cluster prod --nodes prod-server-0-1,prod-web-0-1 --concurrency 2',
    ],
    flags: [
      {
        flags: '--nodes <names>',
        help: 'only these nodes (default: every ready one)',
        value: 'list',
      },
      {
        flags: '--verb <script>',
        help: 'check: the unit of any node; observe: the cluster, seen by servers',
        choices: execVerbs,
      },
      {
        flags: '--concurrency <n>',
        help: 'nodes asked at once, below the limit of the host',
        value: 'count',
      },
    ],
    kinds: ['cluster'],
    load: async () => (await import('./verbs/exec.ts')).exec,
  },
  ...replicationCommands([wait, reason, commandId, ifRevision]),
  ...operatingCommands,
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

export const commandNamed = (name: string): CommandLine | undefined =>
  commands.find((line) => line.name === name);

/** `--all-namespaces` of `-A, --all-namespaces`, `-f` of `-f, --filename <file>`. */
export const spellingsOf = (flag: FlagLine): readonly string[] =>
  flag.flags.split(/[ ,]+/).filter((word) => word.startsWith('-'));

/** True when the flag cannot stand without a value. */
export const takesValue = (flag: FlagLine): boolean => flag.flags.includes('<');
