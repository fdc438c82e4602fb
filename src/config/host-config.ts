/** The host's config file: one schema, strict, with every refusal naming the field, what was expected and what to do. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { safetyTimes } from '../../machines/replication-limits.ts';
import { bounds, kube } from '../../machines/limits.ts';
import { isTooDeep, tooDeep } from '../yaml-levels.ts';
import { ConfigError } from './config-error.ts';
import { inspectorConfig } from './inspector-config.ts';
import { retryPolicySchema } from './policies.ts';

const port = z.int().min(0).max(65_535);
const word = z.string().regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'expected a DNS label');
const httpUrl = z.url({ protocol: /^https?$/ });

const simulatedAws = z.strictObject({
  mode: z.literal('simulator'),
  /** Where EC2 and SSM are simulated; never left to ambient AWS settings. */
  endpoint: httpUrl,
  /** File with one line `id:secret`. */
  accessKeyFile: z.string().min(1),
});

const realAws = z.strictObject({
  mode: z.literal('real'),
  /** By the name manifests use; `main` always exists and means the SDK's default credential chain. */
  accounts: z
    .record(
      word,
      z.strictObject({
        /** Profile of the shared AWS config; it may assume a role. */
        profile: z.string().min(1).optional(),
        /** Refuses to run when the credentials turn out to belong to another account. */
        ownerId: z
          .string()
          .regex(/^\d{12}$/, 'expected the 12 digits of an AWS account')
          .optional(),
      }),
    )
    .default({ main: {} }),
});

const path = z.string().min(1);

/** Access to one cluster's API; credentials stay in files, which are read again when they were renewed. */
const kubeAccess = z.union(
  [
    z.strictObject({
      kubeconfigFile: path,
      /** Default: the file's current one. */
      context: path.optional(),
    }),
    z.strictObject({ server: z.url({ protocol: /^https$/ }), caFile: path, tokenFile: path }),
  ],
  { error: 'expected kubeconfigFile (and context), or server (https), caFile and tokenFile' },
);

const clusterKey = z
  .string()
  .regex(
    /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\/[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
    'expected <namespace>/<name> of a cluster',
  );

const milliseconds = z
  .int()
  .min(100)
  .max(10 * 60_000);
const safety = z
  .strictObject({
    issueWindowMs: milliseconds.default(safetyTimes.issueWindowMs),
    attemptTimeoutMs: milliseconds.default(safetyTimes.attemptTimeoutMs),
    clockSkewMs: milliseconds.default(safetyTimes.clockSkewMs),
    ssmDeliveryMs: milliseconds.default(safetyTimes.ssmDeliveryMs),
    proofGapMs: milliseconds.default(safetyTimes.proofGapMs),
  })
  .prefault({});

const hostConfig = z
  .strictObject({
    /** Folder of this host's own state: its id and lock. Relative paths count from the config file. */
    dataDir: z.string().min(1),
    /** Default: made once and kept in `dataDir`. */
    hostId: word.optional(),
    nats: z.strictObject({
      /** One address, or several separated by commas. */
      url: z.string().regex(/^(nats|tls):\/\//, 'expected nats://host:port or tls://host:port'),
      nkeySeedFile: z.string().min(1).optional(),
      credsFile: z.string().min(1).optional(),
      /** Copies of every stream and bucket: 3 where nats-server runs as a cluster of three or more. */
      replicas: z.union([z.literal(1), z.literal(3)], { error: 'expected 1 or 3' }).default(1),
      /** Runs on a server older than the floor: data loss possible. */
      acceptUnsafeVersion: z.boolean().default(false),
    }),
    aws: z.discriminatedUnion('mode', [simulatedAws, realAws]),
    artifacts: z
      .strictObject({
        /** Where nodes fetch K3s; default: the official releases. A manifest's own base wins. */
        url: httpUrl.optional(),
      })
      .default({}),
    kubernetes: z
      .strictObject({
        /** API servers that this host reaches by itself; those of other clusters are asked over SSM. */
        clusters: z
          .record(clusterKey, kubeAccess)
          .refine((clusters) => Object.keys(clusters).length <= kube.clustersMax, {
            message: `expected at most ${kube.clustersMax} clusters`,
          })
          .default({}),
      })
      .default({ clusters: {} }),
    pacing: z
      .strictObject({
        /** Divides polls and waits, never deadlines. Other than 1 only with the simulator. */
        scale: z.number().min(1).max(1_000).default(1),
      })
      .default({ scale: 1 }),
    replication: z
      .strictObject({
        /** What keeps late calls of an older writer apart from a new one, in milliseconds. Shorter only with the simulator. */
        safety,
      })
      .prefault({}),
    http: z
      .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: port.default(0) })
      .default({ host: '127.0.0.1', port: 0 }),
    /** The inspector's own server, beside health and metrics. */
    inspector: inspectorConfig,
    /** What FAIRLEAD_* variables set, in camelCase without the prefix: `breakerOpenTime: 45s`. */
    settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
    /** Retry policies of one's own, or built-in ones changed. */
    retryPolicies: z
      .record(
        z.string().regex(/^[a-z][a-zA-Z0-9-]{0,39}$/, 'expected a word of letters and digits'),
        retryPolicySchema,
      )
      .refine((policies) => Object.keys(policies).length <= bounds.retryPoliciesMax, {
        message: `expected at most ${bounds.retryPoliciesMax} policies`,
      })
      .default({}),
    log: z
      .strictObject({
        level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
        /** Lines for people instead of JSON. */
        pretty: z.boolean().default(false),
      })
      .default({ level: 'info', pretty: false }),
  })
  .superRefine((config, context) => {
    const refuse = (path: string[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (config.aws.mode === 'real' && config.pacing.scale !== 1) {
      refuse(
        ['pacing', 'scale'],
        'expected 1 with aws.mode real: only a simulated cloud runs faster',
      );
    }
    for (const [name, value] of Object.entries(config.replication.safety)) {
      const floorMs = safetyTimes[name as keyof typeof safetyTimes];
      if (config.aws.mode === 'real' && value < floorMs)
        refuse(
          ['replication', 'safety', name],
          `expected at least ${floorMs} with aws.mode real: two writers are kept apart by it`,
        );
    }
    if (config.nats.nkeySeedFile !== undefined && config.nats.credsFile !== undefined) {
      refuse(['nats', 'credsFile'], 'give either nkeySeedFile or credsFile, not both');
    }
  });

export type HostConfig = z.infer<typeof hostConfig>;
export type HostConfigInput = z.input<typeof hostConfig>;

/**
 * Reads and checks a config file (YAML or JSON). Paths inside come back absolute, counted from the file's folder.
 * @throws ConfigError
 */
export async function loadConfig(file: string): Promise<HostConfig> {
  const found = hostConfig.safeParse(parsed(await contentOf(file), file));
  if (!found.success) throw new ConfigError(explain(file, found.error.issues));
  return withAbsolutePaths(found.data, dirname(resolve(file)));
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigError(`config file ${file} cannot be read: ${(error as Error).message}`);
  }
}

function parsed(text: string, file: string): unknown {
  if (isTooDeep(text)) throw new ConfigError(`config file ${file} cannot be read: ${tooDeep}`);
  try {
    return parse(text);
  } catch (error) {
    throw new ConfigError(`config file ${file} is not YAML or JSON: ${(error as Error).message}`);
  }
}

function explain(file: string, issues: readonly z.core.$ZodIssue[]): string {
  const lines = issues.map(
    (issue) => `  ${issue.path.join('.') || '(top level)'}: ${spell(issue)}`,
  );
  return `config file ${file} is refused:\n${lines.join('\n')}\nCorrect these fields, then start again.`;
}

function spell(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'unrecognized_keys') return issue.message;
  return `unknown ${issue.keys.length === 1 ? 'key' : 'keys'} ${issue.keys.join(', ')}; remove or correct the spelling`;
}

function withAbsolutePaths(config: HostConfig, folder: string): HostConfig {
  const absolute = <K extends string>(key: K, path: string | undefined) =>
    (path === undefined ? {} : { [key]: resolve(folder, path) }) as Partial<Record<K, string>>;
  return {
    ...config,
    dataDir: resolve(folder, config.dataDir),
    nats: {
      ...config.nats,
      ...absolute('nkeySeedFile', config.nats.nkeySeedFile),
      ...absolute('credsFile', config.nats.credsFile),
    },
    inspector: {
      ...config.inspector,
      ...absolute('tokenFile', config.inspector.tokenFile),
      ...(config.inspector.tls !== undefined && {
        tls: {
          certFile: resolve(folder, config.inspector.tls.certFile),
          keyFile: resolve(folder, config.inspector.tls.keyFile),
        },
      }),
    },
    kubernetes: {
      clusters: Object.fromEntries(
        Object.entries(config.kubernetes.clusters).map(([cluster, access]) => [
          cluster,
          'server' in access
            ? {
                ...access,
                caFile: resolve(folder, access.caFile),
                tokenFile: resolve(folder, access.tokenFile),
              }
            : { ...access, kubeconfigFile: resolve(folder, access.kubeconfigFile) },
        ]),
      ),
    },
    aws:
      config.aws.mode === 'simulator'
        ? { ...config.aws, accessKeyFile: resolve(folder, config.aws.accessKeyFile) }
        : config.aws,
  };
}
