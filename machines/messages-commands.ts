/** Commands from outside: argument schemas by kind and verb, as spelled on the subject. */
import { z } from 'zod';
import type { ClusterVerb } from './cluster-verbs.ts';
import { bounds, resilience } from './limits.ts';
import { replication } from './replication-limits.ts';
import {
  clusterManifestSchema,
  duration,
  replicationGroupManifestSchema,
  replicationManifestSchema,
} from './specs.ts';

const reason = z.string().max(500).optional();

/** Only if the writer generation is still this one: what was decided on an older one is refused. */
const guarded = { expectEpoch: z.int().min(0).optional(), reason };
/** At one side, the recovery side unless said otherwise. */
const aimed = { ...guarded, endpoint: z.enum(['home', 'away']).default('away') };

/** Argument schemas by kind and verb, as spelled on the subject. The one registry of commands. */
export const commandSchemas = {
  cluster: {
    create: z.strictObject({ manifest: clusterManifestSchema }),
    apply: z.strictObject({ manifest: clusterManifestSchema }),
    delete: z.strictObject({ force: z.boolean().default(false), reason }),
    pause: z.strictObject({ reason }),
    resume: z.strictObject({ reason }),
    retry: z.strictObject({ reason }),
    cancel: z.strictObject({ reason }),
    scale: z.strictObject({
      /** Name of an agent pool, or `server`. */
      pool: z.string().min(1).max(63),
      count: z.int().min(0).max(bounds.nodesMax),
      reason,
    }),
    stop: z.strictObject({ reason }),
    start: z.strictObject({ reason }),
    restart: z
      .strictObject({
        pool: z.string().min(1).max(63).optional(),
        nodes: z.array(z.string().min(1).max(63)).min(1).max(bounds.nodesMax).optional(),
        reason,
      })
      .refine(({ pool, nodes }) => pool === undefined || nodes === undefined, {
        message: 'names both pool and nodes; keep one of them',
      }),
  } satisfies Record<ClusterVerb, z.ZodType>,
  replication: {
    create: z.strictObject({ manifest: replicationManifestSchema }),
    apply: z.strictObject({ manifest: replicationManifestSchema }),
    promote: z.strictObject({
      ...aimed,
      how: z.enum(['planned', 'forced']).default('planned'),
      /** Sequence number of the point; the newest when left out. */
      point: z.int().min(1).optional(),
      /** Written by groups: the promotion then waits for the other members. */
      group: z.strictObject({ name: z.string().min(1).max(63), order: z.int().min(1) }).optional(),
    }),
    /** Written by groups: lets a member past the barrier it waits at, or bids it wait on. */
    barrier: z.strictObject({
      ...guarded,
      phase: z.enum(['ready', 'fenced', 'made']),
      group: z.string().min(1).max(63),
      order: z.int().min(1),
      hold: z.boolean().default(false),
    }),
    demote: z.strictObject({ ...aimed, force: z.boolean().default(false) }),
    resync: z.strictObject({ ...aimed, force: z.boolean().default(false) }),
    recover: z.strictObject(aimed),
    /** Promotes away. */
    failover: z.strictObject({
      ...guarded,
      how: z.enum(['planned', 'forced']).default('planned'),
      point: z.int().min(1).optional(),
    }),
    /** Resyncs home where it has to be, then promotes it by plan. */
    failback: z.strictObject(guarded),
    /** Promotes by plan the side that does not write. */
    relocate: z.strictObject(guarded),
    cancel: z.strictObject(guarded),
    override: z.strictObject({ ...guarded, token: z.string().min(1).max(1_000) }),
    pause: z.strictObject(guarded),
    resume: z.strictObject(guarded),
    sync: z.strictObject(guarded),
    'test-start': z.strictObject({
      ...aimed,
      point: z.int().min(1).optional(),
      ttlSeconds: z.int().min(60).max(replication.testTtlSecondsMax).default(3_600),
      force: z.boolean().default(false),
    }),
    'test-stop': z.strictObject(aimed),
    reconfigure: z
      .strictObject({
        ...guarded,
        mode: z.enum(['synchronous', 'asynchronous']).optional(),
        every: duration.optional(),
      })
      .refine(({ mode, every }) => mode !== undefined || every !== undefined, {
        message: 'names neither mode nor every; write at least one of them',
      }),
    delete: z.strictObject({
      ...guarded,
      force: z.boolean().default(false),
      /** Of a failed side of which nobody knows whether it writes: its name, typed again. */
      ack: z.string().max(128).optional(),
    }),
  },
  replicationgroup: {
    create: z.strictObject({ manifest: replicationGroupManifestSchema }),
    apply: z.strictObject({ manifest: replicationGroupManifestSchema }),
    /** Away becomes the writer of every member, or of none. */
    failover: z.strictObject({ how: z.enum(['planned', 'forced']).default('planned'), reason }),
    /** Homes are overwritten where they have to be, then promoted by plan. */
    failback: z.strictObject({ reason }),
    relocate: z.strictObject({ reason }),
    cancel: z.strictObject({ reason }),
    pause: z.strictObject({ reason }),
    resume: z.strictObject({ reason }),
    /** The members stay. */
    delete: z.strictObject({ reason }),
  },
} as const;

/** A breaker key, or a service whose classes are all meant: `main/eu-central-1/ec2:mutate`, `main/eu-central-1/ec2`. */
const breakerKey = z
  .string()
  .regex(/^[a-zA-Z0-9._-]+(\/[a-zA-Z0-9._-]+){1,3}(:[a-z]+)?$/, 'expected a breaker key')
  .max(200);
const forMs = z.int().min(1_000).max(resilience.isolationMaxMs).optional();
const ordered = { key: breakerKey, reason: z.string().min(1).max(500) };

/** Name of a host, as in its config. */
const hostName = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected the name of a host');
const ofHost = { host: hostName, reason: z.string().min(1).max(500) };

/** Orders to the breakers of every host and to hosts, by verb; the kind is hosted as `guard/system/fleet`. */
export const systemCommandSchemas = {
  guard: {
    reset: z.strictObject(ordered),
    isolate: z.strictObject({ ...ordered, forMs, allowTeardown: z.boolean().default(false) }),
    release: z.strictObject(ordered),
    observe: z.strictObject(ordered),
    set: z.strictObject({
      ...ordered,
      policy: z
        .strictObject({
          failuresMax: z.int().min(1).max(1_000),
          openBaseMs: z.int().min(1_000).max(3_600_000),
          successThreshold: z.int().min(1).max(100),
          probesMax: z.int().min(1).max(100),
          attemptTimeoutMs: z.int().min(100).max(3_600_000),
          concurrentMax: z.int().min(1).max(10_000),
          ratePerSecond: z.number().min(0.5).max(100_000),
          burst: z.int().min(1).max(100_000),
        })
        .partial(),
    }),
    /** The host gives its partitions away and takes none, also after a restart. */
    drain: z.strictObject(ofHost),
    undrain: z.strictObject(ofHost),
  },
} as const;
