/** Commands that must be refused, against a running cluster `good` in namespace `test`; nothing named `new` may come to be. */
import { manifest } from '../../servers/stack-world.ts';
import type { Headers } from '../../servers/stranger.ts';

export const good = JSON.stringify({ manifest: manifest('good') });
export const cmd = (verb: string, name = 'good', kind = 'cluster') =>
  `fairlead.v1.cmd.test.${kind}.${name}.${verb}`;

/** The manifest of `new` with one part written differently; nothing of that name may ever come to be. */
function broken(spec: object, rest: object = {}): string {
  const { metadata, ...top } = manifest('new');
  return JSON.stringify({
    manifest: { ...top, metadata, spec: { ...top.spec, ...spec }, ...rest },
  });
}

/** The good cluster's manifest with one part changed. */
const changed = (spec: object): string => {
  const whole = manifest('good');
  return JSON.stringify({ manifest: { ...whole, spec: { ...whole.spec, ...spec } } });
};

interface BadCommand {
  readonly what: string;
  readonly subject: string;
  readonly payload?: string | Uint8Array;
  readonly headers?: Headers;
  readonly status: number;
  readonly code: string;
  /** Path and code of the problem that must be named. */
  readonly problem?: readonly [path: string, code: string];
  /** What the texts must say. */
  readonly says: RegExp;
}

const servers = (more: object) => ({ servers: { ...manifest('new').spec.servers, ...more } });

const manifests: readonly BadCommand[] = [
  {
    what: 'an unknown field',
    payload: broken(servers({ instancetypes: ['t3.medium'] })),
    problem: ['spec.servers.instancetypes', 'manifest.unknownKey'],
    says: /did you mean instanceTypes/,
  },
  {
    what: 'a wrong type',
    payload: broken(servers({ count: '3' })),
    problem: ['spec.servers.count', 'manifest.wrongType'],
    says: /is "3": not a whole number; use/,
  },
  {
    what: 'an even number of servers',
    payload: broken(servers({ count: 2 })),
    problem: ['spec.servers.count', 'manifest.serverCountEven'],
    says: /use 1, 3, 5 or 7/,
  },
  {
    what: 'no region',
    payload: broken({ region: undefined }),
    problem: ['spec.region', 'manifest.required'],
    says: /is missing; write/,
  },
  {
    what: 'a name too long for node names',
    payload: broken({}, { metadata: { name: 'n'.repeat(41) } }),
    problem: ['metadata.name', 'manifest.nameTooLong'],
    says: /use a shorter name/,
  },
  {
    what: 'an unknown kind in the manifest',
    payload: broken({}, { kind: 'Clusters' }),
    problem: ['kind', 'manifest.notAllowed'],
    says: /Cluster/,
  },
  {
    what: 'the manifest of another name',
    payload: good,
    problem: ['metadata.name', 'manifest.subjectMismatch'],
    says: /the subject says "new"/,
  },
].map((each) => ({
  ...each,
  problem: each.problem as [string, string],
  ...{ subject: cmd('apply', 'new'), status: 400, code: 'manifest.invalid' },
}));

const header = (name: string, value: string, says: RegExp): BadCommand => ({
  ...{
    what: `${name}: ${value}`,
    subject: cmd('apply'),
    payload: good,
    headers: { [name]: value },
  },
  ...{ status: 400, code: 'command.badHeader', problem: [name, 'command.badHeader'], says },
});

const envelopes: readonly BadCommand[] = [
  ...[
    ['text that is no JSON', '{"manifest":'],
    ['a JSON list', '[]'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0xff, 0x7d])],
  ].map(([what, payload]) => ({
    ...{ what: String(what), subject: cmd('apply'), payload: payload as string | Uint8Array },
    ...{ status: 400, code: 'command.malformed', says: /write/ },
  })),
  {
    ...{ what: 'an unknown argument', subject: cmd('delete'), payload: '{"forse":true}' },
    ...{ status: 400, code: 'command.malformed', problem: ['forse', 'manifest.unknownKey'] },
    says: /did you mean force/,
  },
  {
    ...{ what: 'an unknown verb', subject: cmd('delet'), status: 404 },
    ...{ code: 'command.unknownVerb', says: /did you mean delete/ },
  },
  {
    ...{ what: 'an unknown kind', subject: cmd('apply', 'good', 'clutser'), status: 404 },
    ...{ code: 'command.unknownKind', says: /did you mean cluster/ },
  },
  {
    ...{ what: 'a name that is no DNS label', subject: cmd('apply', 'Good_1'), status: 400 },
    ...{ code: 'command.badName', problem: ['name', 'command.badName'], says: /lower-case/ },
  },
  header('Fairlead-If-Revison', '3', /did you mean Fairlead-If-Revision/),
  header('Fairlead-If-Revision', 'latest', /number of the last reply/),
  header('Fairlead-Deadline', 'tomorrow', /RFC 3339/),
  header('Content-Type', 'application/yaml', /only application\/json/),
];

const states: readonly BadCommand[] = [
  {
    ...{ what: 'a resource that never was', subject: cmd('pause', 'ghost'), status: 404 },
    ...{ code: 'resource.notFound', says: /check namespace and name/ },
  },
  {
    ...{ what: 'a taken name', subject: cmd('create'), payload: good, status: 409 },
    ...{ code: 'resource.exists', says: /apply changes it/ },
  },
  {
    ...{ what: 'retry of what runs', subject: cmd('retry'), status: 409 },
    ...{ code: 'transition.notAllowed', says: /nothing to retry/ },
  },
  {
    ...{
      what: 'another revision',
      subject: cmd('pause'),
      headers: { 'Fairlead-If-Revision': '1' },
    },
    ...{ status: 409, code: 'revision.conflict', says: /read it again/ },
  },
  {
    ...{ what: 'a deadline that has passed', subject: cmd('pause'), status: 504 },
    headers: { 'Fairlead-Deadline': '2020-01-01T00:00:00Z' },
    ...{ code: 'command.deadlinePassed', says: /not executed/ },
  },
  ...(
    [
      ['region', { region: 'eu-west-1' }, 'spec.region'],
      ['range for pods', { network: { clusterCIDR: '10.60.0.0/16' } }, 'spec.network.clusterCIDR'],
    ] as const
  ).map(([what, spec, path]) => ({
    ...{ what: `another ${what} of what runs`, subject: cmd('apply'), payload: changed(spec) },
    ...{
      status: 400,
      code: 'manifest.invalid',
      problem: [path, 'manifest.immutableField'] as const,
    },
    says: /create a new cluster/,
  })),
];

export const badCommands: readonly BadCommand[] = [...manifests, ...envelopes, ...states];
