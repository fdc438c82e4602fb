/** What is told of a manifest: every problem with its path, what stands there, and what to write. */
import { expect, it } from 'vitest';
import { problemsOf } from '../../../actors/envelope.ts';
import { clusterManifestSchema } from '../../../machines/specs.ts';
import { manifest, problemOf } from './opened.ts';

it('reports all problems of a manifest together, each with path, value and what to write', () => {
  const problem = problemOf({
    json: {
      manifest: manifest({
        region: 'moon',
        servers: { count: 2, instancetypes: ['t3.medium'] },
        agentPools: [{ name: 'web', count: '3', instanceTypes: ['m7g.large'] }],
      }),
    },
  });
  expect(problem).toMatchObject({
    code: 'manifest.invalid',
    message: 'Cluster shop/eu was not accepted: 4 problems.',
  });
  expect(problem.problems.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
    'spec.agentPools[0].count manifest.wrongType',
    'spec.region manifest.badFormat',
    'spec.servers.count manifest.serverCountEven',
    'spec.servers.instancetypes manifest.unknownKey',
  ]);
});

it.each<[string, object, string]>([
  [
    'an even server count',
    { servers: { count: 2 } },
    'spec.servers.count is 2: 2 etcd members survive no more failures than 1; use 1, 3, 5 or 7.',
  ],
  [
    'a misspelt key',
    { servers: { instancetypes: ['t3.medium'] } },
    'spec.servers.instancetypes is not a known key; did you mean instanceTypes?',
  ],
  [
    'an unknown key far from any',
    { addons: { colour: 1 } },
    'spec.addons.colour is not a known key; known keys: disable.',
  ],
  [
    'a text where a number belongs',
    { servers: { count: 'three' } },
    'spec.servers.count is "three": not a whole number; use 1, 3, 5 or 7.',
  ],
  [
    'a region that is none',
    { region: 'moon' },
    'spec.region is "moon": not an AWS region; write one such as eu-central-1.',
  ],
  [
    'a choice that is none',
    { profile: 'developement' },
    'spec.profile is "developement": not one of development, staging, production, high-volume; did you mean development?',
  ],
  [
    'a list where a map belongs',
    { network: [] },
    'spec.network is not a map of keys; write a map of keys.',
  ],
  [
    'a number below its minimum',
    { snapshots: { retain: 0 } },
    'spec.snapshots.retain is 0: less than 1; use at least 1.',
  ],
  [
    'two pools of one name',
    {
      agentPools: [1, 2].map(() => ({ name: 'web', count: 1, instanceTypes: ['m7g.large'] })),
    },
    'spec.agentPools has two pools of one name; rename one of them.',
  ],
  [
    'a reserved tag',
    { tags: { 'aws:x': '1' } },
    'spec.tags["aws:x"] uses a reserved prefix (aws:, fairlead:); choose another key.',
  ],
  [
    'a range that overlaps',
    { network: { serviceCIDR: '10.42.0.0/16', clusterDNS: '10.42.0.10' } },
    'spec.network.serviceCIDR is "10.42.0.0/16": overlaps clusterCIDR 10.42.0.0/16; choose a disjoint range.',
  ],
  [
    'the nearest form of a union',
    { network: { zones: { count: 9 } } },
    'spec.network.zones.count is 9: more than 6; use at most 6.',
  ],
])('tells of %s in one sentence', (_what, spec, sentence) => {
  const problem = problemOf({ json: { manifest: manifest(spec) } });
  expect(problem.problems.map(({ message }) => message)).toContain(sentence);
});

it('tells of what is missing', () => {
  const problem = problemOf({ json: { manifest: { apiVersion: 'v2', metadata: {} } } });
  expect(problem.problems.map(({ message }) => message)).toEqual([
    'apiVersion is "v2": not fairlead.dev/v1; write apiVersion: fairlead.dev/v1.',
    'kind is missing; write Cluster.',
    'metadata.name is missing; write a text.',
    'spec is missing; write a map of keys.',
  ]);
});

it('serves the command line from the bare parse error as well', () => {
  const error = clusterManifestSchema.safeParse(manifest({ servers: { count: 2 } })).error;
  expect(error && problemsOf(error)).toMatchObject([{ path: 'spec.servers.count' }]);
});
