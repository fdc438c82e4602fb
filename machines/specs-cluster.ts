/** The manifest of a cluster. */
import { z } from 'zod';
import { bounds } from './limits.ts';
import {
  kubernetesLabels,
  label,
  labelKey,
  labelValue,
  manifestSchema,
  regionName,
  zoneName,
} from './specs-names.ts';
import { clusterNetwork, overlaps } from './specs-network.ts';

const taints = z
  .array(
    z.strictObject({
      key: z.string().regex(labelKey, 'is not a Kubernetes taint key; use [prefix/]name'),
      value: z
        .string()
        .regex(labelValue, 'is not a taint value; use letters, digits, - _ .')
        .default(''),
      effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
    }),
  )
  .max(20)
  .refine((list) => new Set(list.map((t) => `${t.key}:${t.effect}`)).size === list.length, {
    message: 'names the same key and effect twice; keep one of them',
  });

const instanceTypes = z
  .array(
    z
      .string()
      .regex(
        /^[a-z0-9-]+\.[a-z0-9-]+$/,
        `is not an EC2 instance type; write one such as m7g.large`,
      ),
  )
  .min(1, 'is empty; name at least one instance type')
  .max(bounds.instanceTypesMax)
  .refine((list) => new Set(list).size === list.length, {
    message: 'names one instance type twice; keep one of them',
  });

const serverCounts: readonly number[] = [1, 3, 5, 7];
const serverCount = z.int('is not a whole number; use 1, 3, 5 or 7').check((context) => {
  const got = context.value;
  if (serverCounts.includes(got)) return;
  const even = got > 0 && got % 2 === 0 && got < 7;
  context.issues.push({
    code: 'custom',
    input: got,
    message: even
      ? `${got} etcd members survive no more failures than ${got - 1}; use 1, 3, 5 or 7`
      : 'an etcd cluster has 1 to 7 members; use 1, 3, 5 or 7',
    params: {
      code: even ? 'manifest.serverCountEven' : 'manifest.serverCountRange',
      allowed: serverCounts,
    },
  });
});

const rootVolume = z
  .strictObject({
    sizeGiB: z
      .int()
      .min(20, 'is below 20: images and etcd need 20 GiB; use 20 or more')
      .max(16_384)
      .default(30),
    encrypted: z.boolean().default(true),
    kmsKeyId: z.string().max(2048).default(''),
  })
  .prefault({});

const drain = z
  .strictObject({
    timeoutSeconds: z
      .int()
      .min(10, 'is below 10: no pod ends that fast; use 10 or more')
      .max(3_600, 'is above 3600: a change would wait for more than an hour; use 3600 or less')
      .default(300),
    onTimeout: z.enum(['abort', 'force']).default('abort'),
  })
  .prefault({});

const pool = z.strictObject({
  name: label('pool name', 12).refine((name) => name !== 'server', {
    message: `is 'server', which names the control plane; choose another pool name`,
  }),
  count: z.int().min(0).max(bounds.nodesMax),
  instanceTypes,
  zones: z.array(zoneName).max(6).default([]),
  rootVolume,
  labels: kubernetesLabels.default({}),
  taints: taints.default([]),
  drain,
});

const tags = z.record(
  z
    .string()
    .min(1)
    .max(128)
    .refine((key) => !/^(aws|fairlead):/i.test(key), {
      message: `uses a reserved prefix (aws:, fairlead:); choose another key`,
      params: { code: 'manifest.reservedTag' },
    }),
  z.string().max(256),
);

export const clusterSpecSchema = z
  .strictObject({
    profile: z.enum(['development', 'staging', 'production', 'high-volume']).default('development'),
    desiredState: z.enum(['running', 'stopped']).default('running'),
    region: regionName,
    account: label('account name', 40).default('main'),
    version: z
      .strictObject({
        channel: z
          .string()
          .regex(
            /^(stable|latest|testing|v1\.\d{1,2})$/,
            'is not a channel; use stable, latest, testing or v1.N',
          )
          .optional(),
        k3s: z
          .string()
          .regex(
            /^v1\.\d{1,2}\.\d{1,3}\+k3s\d{1,2}$/,
            'is not a K3s version; write one such as v1.31.4+k3s1',
          )
          .optional(),
      })
      .check((context) => {
        const { channel, k3s } = context.value;
        if ((channel === undefined) !== (k3s === undefined)) return;
        const both = channel !== undefined;
        context.issues.push({
          code: 'custom',
          input: context.value,
          message: both
            ? 'names both channel and k3s; keep one of them'
            : 'names neither channel nor k3s; write one of them',
          params: { code: both ? 'manifest.versionBoth' : 'manifest.versionNone' },
        });
      })
      .prefault({ channel: 'stable' }),
    servers: z
      .strictObject({
        count: serverCount.default(1),
        instanceTypes: instanceTypes.default(['t3.medium']),
        rootVolume,
        labels: kubernetesLabels.default({}),
        taints: taints.default([]),
      })
      .prefault({}),
    agentPools: z
      .array(pool)
      .max(bounds.poolsMax)
      .refine((list) => new Set(list.map((p) => p.name)).size === list.length, {
        message: 'has two pools of one name; rename one of them',
      })
      .default([]),
    network: clusterNetwork,
    image: z
      .union([
        z.strictObject({ family: z.enum(['al2023', 'ubuntu-24.04']) }),
        z.strictObject({ amiId: z.string().regex(/^ami-[0-9a-f]{8,17}$/, 'is not an AMI id') }),
      ])
      .default({ family: 'al2023' }),
    addons: z
      .strictObject({
        disable: z
          .array(z.enum(['traefik', 'servicelb', 'coredns', 'local-storage', 'metrics-server']))
          .max(5)
          .default([]),
      })
      .prefault({}),
    secretsEncryption: z.boolean().default(true),
    snapshots: z
      .strictObject({
        schedule: z
          .string()
          .regex(
            /^[0-9*,/-]+( [0-9*,/-]+){4}$/,
            'is not a cron line of 5 fields; write one such as 0 */12 * * *',
          )
          .default('0 */12 * * *'),
        retain: z.int().min(1).max(100).default(5),
        beforeStop: z.boolean().default(true),
      })
      .prefault({}),
    protection: z
      .strictObject({
        delete: z.boolean().default(false),
        instances: z.boolean().default(false),
      })
      .prefault({}),
    instanceProfiles: z
      .strictObject({
        server: z
          .string()
          .regex(/^[\w+=,.@-]{1,128}$/)
          .default('fairlead-server'),
        agent: z
          .string()
          .regex(/^[\w+=,.@-]{1,128}$/)
          .default('fairlead-agent'),
      })
      .prefault({}),
    artifacts: z
      .strictObject({
        baseUrl: z
          .string()
          .regex(
            /^(https?:\/\/[A-Za-z0-9.:[\]/_%~-]+)?$/,
            'is not a URL; leave it empty for the official releases',
          )
          .default(''),
      })
      .prefault({}),
    tags: tags
      .refine((map) => Object.keys(map).length <= 35, {
        message: 'has more than 35 tags: EC2 allows 50 and Fairlead needs some; remove a few',
      })
      .default({}),
  })
  .check((context) => {
    const spec = context.value;
    const total = spec.servers.count + spec.agentPools.reduce((sum, each) => sum + each.count, 0);
    if (total > bounds.nodesMax)
      context.issues.push({
        code: 'custom',
        path: ['agentPools'],
        input: total,
        message: `${total} nodes in all is more than ${bounds.nodesMax}; make several clusters`,
        params: { code: 'manifest.tooManyNodes' },
      });
    if (spec.network.apiAccessCIDRs.includes('0.0.0.0/0'))
      context.issues.push({
        code: 'custom',
        path: ['network', 'apiAccessCIDRs'],
        input: '0.0.0.0/0',
        message: 'opens the Kubernetes API to everybody; name the ranges that need it',
        params: { code: 'manifest.publicApi' },
      });
    if (overlaps(spec.network.clusterCIDR, spec.network.serviceCIDR))
      context.issues.push({
        code: 'custom',
        path: ['network', 'serviceCIDR'],
        input: spec.network.serviceCIDR,
        message: `overlaps clusterCIDR ${spec.network.clusterCIDR}; choose a disjoint range`,
        params: { code: 'manifest.cidrOverlap' },
      });
    if (!overlaps(`${spec.network.clusterDNS}/32`, spec.network.serviceCIDR))
      context.issues.push({
        code: 'custom',
        path: ['network', 'clusterDNS'],
        input: spec.network.clusterDNS,
        message: `is outside serviceCIDR ${spec.network.serviceCIDR}; choose an address inside it`,
        params: { code: 'manifest.dnsOutsideServiceCidr' },
      });
  });

export const clusterManifestSchema = manifestSchema('Cluster', clusterSpecSchema);

export type ClusterSpec = z.infer<typeof clusterSpecSchema>;
export type ClusterManifest = z.infer<typeof clusterManifestSchema>;
