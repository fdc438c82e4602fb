/** The manifest of a replication: two endpoints, the volumes between them, how current the copy is kept and by what. */
import { z } from 'zod';
import { replication } from './replication-limits.ts';
import { backendOf } from './specs-replication-backend.ts';
import { everyOf, rulesBroken } from './specs-replication-rules.ts';
import type { Parts } from './specs-replication-parts.ts';
import { label, manifestSchema, regionName, zoneName } from './specs-names.ts';

export const backendNames = ['ebs', 'csi-addons', 'trident', 'powerstore'] as const;
export type BackendName = (typeof backendNames)[number];

const durationForm = /^[1-9][0-9]{0,8}(s|m|h|d)$/;
/** Whole seconds, minutes, hours or days. */
export const duration = z
  .string()
  .refine((text) => durationForm.test(text), {
    message: 'is not a duration above zero; write a whole number with s, m, h or d, such as 15m',
    params: { code: 'manifest.notADuration' },
  })
  // A refinement is not seen by schemas made from this one.
  .meta({ pattern: durationForm.source });

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

const ebsExtension = z.strictObject({
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
});

/** Ranges of addresses, such as 10.0.0.0/24. */
const cidrs = z
  .array(
    z
      .string()
      .regex(/^[0-9a-fA-F.:]{2,39}\/[0-9]{1,3}$/, 'is not a range; write one such as 10.0.0.0/24'),
  )
  .min(1)
  .max(20);

const extensions = z
  .strictObject({
    ebs: ebsExtension,
    'csi-addons': z.strictObject({
      volumeReplicationClass: dnsName,
      groupReplicationClass: dnsName.optional(),
      /** Addresses of each side's machines, and the class that cuts them off from the storage. */
      networkFence: z
        .strictObject({ className: dnsName.optional(), home: cidrs, away: cidrs })
        .optional(),
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

const initialSource = z.enum(['home', 'away']).default('home');
const consistency = z.enum(['crash', 'perVolume']).default('crash');
const mode = z.enum(['synchronous', 'asynchronous']).default('asynchronous');
const scheduleMode = z.enum(['continuous', 'interval']).default('interval');
const backend = z.enum(backendNames).optional();

const fields = z.strictObject({
  endpoints: z.strictObject({ home: endpoint, away: endpoint }),
  initialSource,
  consistency,
  volumes: z.array(volume).min(1).max(replication.volumesMax),
  mode,
  schedule: z
    .strictObject({
      mode: scheduleMode,
      /** Half of `rpo` when left out. */
      every: duration.optional(),
      rpo: duration.optional(),
      rto: duration.optional(),
    })
    .prefault({}),
  /** Left out, it follows from the extensions or the storage classes, once. */
  backend,
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

/** Rules between fields are told beside wrong fields, not after them; they look at the parts that can be read. */
const replicationSpecSchema = fields
  .superRefine(
    (spec, context) => {
      for (const { path, code, text, allowed } of rulesBroken(partsOf(spec)))
        context.addIssue({
          code: 'custom',
          path: [...path],
          message: text,
          params: { code, ...(allowed && { allowed }) },
        });
    },
    { when: () => true },
  )
  .overwrite((spec) => completed(spec));

/** What the manifest leaves open is settled here, so that nobody else has to guess it again. */
function completed(spec: z.infer<typeof fields>): z.infer<typeof fields> {
  const resolved = backendOf(partsOf(spec));
  const { every, rpo } = spec.schedule;
  const isOpen = every === undefined && rpo !== undefined && spec.schedule.mode === 'interval';
  return {
    ...spec,
    ...(resolved !== undefined && { backend: resolved }),
    ...(isOpen && { schedule: { ...spec.schedule, every: everyOf(rpo) } }),
    ...(resolved === 'ebs' && {
      extensions: { ...spec.extensions, ebs: spec.extensions.ebs ?? ebsExtension.parse({}) },
    }),
  };
}

/** Anything may stand in a manifest that is wrong elsewhere: each part is read for itself. */
function partsOf(spec: unknown): Parts {
  const { endpoints, schedule, extensions: ofBackends, volumes, ...rest } = mapIn(spec);
  const { home, away } = mapIn(endpoints);
  const { mode: how, every, rpo } = mapIn(schedule);
  const read = <S extends z.ZodType>(schema: S, value: unknown): z.infer<S> | undefined =>
    schema.safeParse(value).data;
  const written = (value: unknown): string | undefined =>
    value === undefined ? undefined : (read(duration, value) ?? 'wrong');
  return {
    ...{ home: read(endpoint, home), away: read(endpoint, away) },
    initialSource: read(initialSource, rest['initialSource']),
    consistency: read(consistency, rest['consistency']),
    volumes: (Array.isArray(volumes) ? (volumes as unknown[]) : []).map((each) =>
      read(volume, each),
    ),
    mode: read(mode, rest['mode']),
    scheduleMode: read(scheduleMode, how),
    ...{ every: written(every), rpo: written(rpo) },
    backend:
      rest['backend'] === undefined ? undefined : (read(backend, rest['backend']) ?? 'wrong'),
    extensions: Object.entries(mapIn(ofBackends)).flatMap(([key, value]) =>
      value === undefined ? [] : [key],
    ),
  };
}

const mapIn = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

export const replicationManifestSchema = manifestSchema('Replication', replicationSpecSchema);

/** As checked: the back end is settled. */
export type ReplicationSpec = z.infer<typeof fields> & { readonly backend: BackendName };
export type ReplicationManifest = Omit<z.infer<typeof replicationManifestSchema>, 'spec'> & {
  readonly spec: ReplicationSpec;
};
