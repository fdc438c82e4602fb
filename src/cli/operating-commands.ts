/** Commands for whoever runs the service: orders to breakers, figures, plans. */
import { commandId, reason, rehearsal } from './command-flags.ts';
import type { CommandLine, FlagLine } from './command-line.ts';

/** An order to breakers, which every host's guard applies. */
const breakerOrder = (
  name: string,
  help: string,
  examples: readonly string[],
  flags: readonly FlagLine[] = [],
): CommandLine => ({
  name,
  operands: '<kind> [key...]',
  help,
  examples,
  flags: [
    ...flags,
    reason,
    { flags: '--force', help: 'also for a key that no host knows yet' },
    commandId,
  ],
  kinds: ['breaker'],
  load: async () => (await import('./verbs/breaker.ts')).breakerVerb(name),
});

export const operatingCommands: readonly CommandLine[] = [
  breakerOrder('reset', 'close a circuit and forget its trips', [
    'fairlead breaker reset main/eu-central-1/ec2:mutate --reason "EC2 is back"',
    'fairlead breaker reset ec2',
  ]),
  breakerOrder(
    'isolate',
    'let no call through until it is released',
    [
      'fairlead breaker isolate main/eu-central-1/ec2 --for 30m --allow-teardown --reason "region drill"',
    ],
    [
      { flags: '--for <span>', help: 'until then, such as 30m (default: until it is released)' },
      { flags: '--allow-teardown', help: 'a whole service but its teardown class' },
    ],
  ),
  breakerOrder('release', 'end an isolation or an observation', [
    'fairlead breaker release main/eu-central-1/ec2 --reason "drill is over"',
  ]),
  breakerOrder('observe', 'let every call through and only count trips', [
    'fairlead breaker observe ssm --reason "SSM is slow today"',
  ]),
  breakerOrder(
    'set',
    'change the policy of a circuit; what is not given stays as it is',
    ['fairlead breaker set ec2:mutate --failures 5 --open 45s --concurrent 8'],
    [
      { flags: '--failures <n>', help: 'failures in a row that open it', value: 'count' },
      { flags: '--open <span>', help: 'how long it stays open at first', value: 'duration' },
      { flags: '--successes <n>', help: 'probes that close it', value: 'count' },
      { flags: '--probes <n>', help: 'probes in flight at once', value: 'count' },
      { flags: '--attempt-timeout <span>', help: 'longest single call', value: 'duration' },
      { flags: '--concurrent <n>', help: 'calls in flight at once', value: 'count' },
      { flags: '--rate <n>', help: 'calls a second', value: 'number' },
      { flags: '--burst <n>', help: 'calls at once after a quiet time', value: 'count' },
    ],
  ),
  {
    name: 'drain',
    operands: '<host>',
    isKindWelcome: true,
    help: 'let a host give its partitions away and take none, also after a restart',
    examples: [
      'fairlead drain h2 --reason "kernel update"',
      'fairlead drain h2 --no-wait -o json',
      'fairlead drain h2 --undo',
    ],
    flags: [
      { flags: '--undo', help: 'take the order back: the host takes its share again' },
      { flags: '--no-wait', help: 'do not wait until it has no partition left' },
      { flags: '--force', help: 'also the only host that may run anything' },
      ...[rehearsal, reason, commandId],
    ],
    kinds: ['host'],
    load: async () => (await import('./verbs/drain.ts')).drain,
  },
  {
    name: 'metrics',
    operands: '',
    help: 'how the service is doing against its targets; live, or as a report',
    examples: [
      'fairlead metrics --live --cluster=prod',
      'fairlead metrics --export --format=json > perf-report.json',
    ],
    flags: [
      { flags: '--live', help: 'again and again until Ctrl-C; JSON lines when piped' },
      { flags: '--interval <span>', help: 'between two looks (default: 2s)', value: 'duration' },
      { flags: '--cluster <name>', help: 'with the phases of this cluster' },
      { flags: '--export', help: 'everything measured, as one report' },
      {
        flags: '--format <format>',
        help: 'of the report (default: json)',
        choices: ['json', 'prometheus', 'csv'],
      },
    ],
    kinds: [],
    load: async () => (await import('./verbs/metrics.ts')).metrics,
  },
  {
    name: 'plan',
    operands: '<topic>',
    help: 'capacity: what a host needs for clusters of so many nodes',
    examples: ['fairlead plan capacity --nodes 10', 'fairlead plan capacity --nodes 1,10,50,100'],
    flags: [{ flags: '--nodes <n>', help: 'nodes; several, separated by commas', value: 'list' }],
    kinds: [],
    load: async () => (await import('./verbs/plan.ts')).plan,
  },
];
