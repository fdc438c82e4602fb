/** The manifest of a replication: two endpoints, the volumes between them, how current the copy is kept and by what. */
import { z } from 'zod';
import { apiVersion } from './ids.ts';
import { replication } from './replication-limits.ts';
import { label, metadataSchema, regionName, zoneName } from './specs-names.ts';

export const backendNames = ['ebs', 'csi-addons', 'trident', 'powerstore'] as const;
export type BackendName = (typeof backendNames)[number];

/** Whole seconds, minutes, hours or days. */
export const duration = z
  .string()
  .regex(
    /^[1-9][0-9]*(s|m|h|d)$/,
    'is not a duration above zero; write a whole number with s, m, h or d, such as 15m',
  );

const dnsName = z
  .string()
  .max(253)
  .regex(
    /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/,
    `is not a DNS name; use lower-case letters, digits, '-' and '.'`,
  );

const endpoint = z.strictObject({
  /** Name of a cluster in the replication's namespace. */
  cluster: label('cluster name', 40),
  account: label('account name', 40).default('main'),
  region: regionName,
  zone: zoneName,
  storageClass: dnsName.default('gp3'),
});

const instanceId = z
  .string()
  .regex(/^i-[0-9a-f]{8,17}$/, 'is not an instance id; write one such as i-0123456789abcdef0');
const device = z
  .string()
  .regex(/^\/dev\/(sd[f-p]|xvd[a-z]{1,2})$/, 'is not a device name; write one such as /dev/sdf');

/** A claim in the cluster of that side. */
const claim = z.strictObject({ pvc: dnsName, namespace: dnsName });
/** A volume of an instance: the one there is, or the place where one is attached once that side is promoted. */
const attached = z.strictObject({
  volumeId: z
    .string()
    .regex(/^vol-[0-9a-f]{8,17}$/, 'is not a volume id; write one such as vol-0123456789abcdef0')
    .optional(),
  instanceId,
  device,
});
/** A claim whose volume is made when that side is promoted. */
const toBeMade = z.strictObject({ volumeHandle: z.literal('auto'), namespace: dnsName });
const volumeSide = z.union([claim, attached, toBeMade]);

const volume = z.strictObject({
  name: label('volume name', 40),
  home: volumeSide,
  away: volumeSide,
});

const extensions = z
  .strictObject({
    ebs: z
      .strictObject({
        kmsKeyId: z.string().max(2048).default(''),
        /** How much of a new volume must have been read in before it counts as made. */
        hydrate: z
          .string()
          .regex(
            /^(full|lazy|percent:([1-9]|[1-9][0-9]|100))$/,
            'is none of full, lazy, percent:N; write lazy',
          )
          .default('lazy'),
        volumeType: z.enum(['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard']).default('gp3'),
        fastRestore: z.boolean().default(false),
        copyWithin: duration.optional(),
        /** Highest rung of the write-fence ladder that may be taken. */
        fencing: z.enum(['detach', 'stop', 'force', 'terminate']).default('stop'),
        volumeInitializationRate: z.int().min(100).max(300).optional(),
      })
      .prefault({}),
    'csi-addons': z.strictObject({
      volumeReplicationClass: dnsName,
      groupReplicationClass: dnsName.optional(),
    }),
    trident: z.strictObject({
      policy: z.string().min(1).max(128),
      schedule: z.string().min(1).max(128),
    }),
    powerstore: z.strictObject({
      replicationGroup: z.strictObject({ home: dnsName, away: dnsName }),
    }),
  })
  .partial();

export const replicationSpecSchema = z.strictObject({
  endpoints: z.strictObject({ home: endpoint, away: endpoint }),
  initialSource: z.enum(['home', 'away']).default('home'),
  consistency: z.enum(['crash', 'perVolume']).default('crash'),
  volumes: z.array(volume).min(1).max(replication.volumesMax),
  mode: z.enum(['synchronous', 'asynchronous']).default('asynchronous'),
  schedule: z
    .strictObject({
      mode: z.enum(['continuous', 'interval']).default('interval'),
      every: duration.optional(),
      rpo: duration.optional(),
      rto: duration.optional(),
    })
    .prefault({}),
  backend: z.enum(backendNames),
  extensions: extensions.default({}),
  retention: z
    .strictObject({
      keepLast: z.int().min(2).max(replication.pointsMax).default(4),
      minAge: duration.default('24h'),
      safetyAge: duration.default('7d'),
      onDelete: z.enum(['retain', 'remove']).default('retain'),
    })
    .prefault({}),
  paused: z.boolean().default(false),
});

export const replicationManifestSchema = z.strictObject({
  apiVersion: z.literal(apiVersion, {
    error: `is not ${apiVersion}; write apiVersion: ${apiVersion}`,
  }),
  kind: z.literal('Replication'),
  metadata: metadataSchema,
  spec: replicationSpecSchema,
});

export type ReplicationSpec = z.infer<typeof replicationSpecSchema>;
export type ReplicationManifest = z.infer<typeof replicationManifestSchema>;
