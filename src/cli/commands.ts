/** The one list of what can be called: help, parsing, completion and the reference page follow from it. */
import { execVerbs } from '../../machines/exec-verbs.ts';
import { files, dryRun, rehearsal, wait, reason, commandId, ifRevision } from './command-flags.ts';
import type { CommandLine, FlagLine } from './command-line.ts';
import { helpCommands } from './help-commands.ts';
import { storedKinds } from './kinds.ts';
import { operatingCommands } from './operating-commands.ts';
import { readingCommands } from './reading-commands.ts';
import { agreed, expectEpoch, replicationCommands } from './replication-commands.ts';

export { globalFlags } from './command-flags.ts';

const order = (name: string, help: string, example: string): CommandLine => ({
  name,
  operands: '<kind> [names...]',
  help,
  examples: [example],
  flags: [rehearsal, wait, reason, commandId, ifRevision],
  kinds: ['cluster'],
  load: async () => (await import('./verbs/order.ts')).orderVerb(name),
});

/** One that replications take as well. */
const sharedOrder = (name: string, help: string, examples: readonly string[]): CommandLine => ({
  ...order(name, help, ''),
  examples,
  flags: [rehearsal, wait, reason, commandId, ifRevision, expectEpoch],
  kinds: storedKinds,
  load: async () => (await import('./verbs/order.ts')).orderVerb(name, () => ({}), storedKinds),
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
  ...readingCommands,
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
      rehearsal,
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
      ...[rehearsal, wait, reason, commandId, ifRevision],
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
      ...[rehearsal, wait, reason, commandId, ifRevision],
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
  ...replicationCommands([rehearsal, wait, reason, commandId, ifRevision]),
  ...operatingCommands,
  ...helpCommands,
];

export const commandNamed = (name: string): CommandLine | undefined =>
  commands.find((line) => line.name === name);

/** `--all-namespaces` of `-A, --all-namespaces`, `-f` of `-f, --filename <file>`. */
export const spellingsOf = (flag: FlagLine): readonly string[] =>
  flag.flags.split(/[ ,]+/).filter((word) => word.startsWith('-'));

/** True when the flag cannot stand without a value. */
export const takesValue = (flag: FlagLine): boolean => flag.flags.includes('<');
