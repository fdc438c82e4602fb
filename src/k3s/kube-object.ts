/** What API servers answer, checked as far as the port promises: metadata, and maps where spec and status stand. */
import { z } from 'zod';
import { kubeKinds } from '../../actors/kube-port.ts';
import type { KubeKind, KubeObject } from '../../actors/kube-port.ts';
import { kubeFault } from './kube-faults.ts';

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string().optional(),
  resourceVersion: z.string().optional(),
  generation: z.number().optional(),
  creationTimestamp: z.string().nullish(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  finalizers: z.array(z.string()).optional(),
});
const object = z.looseObject({
  metadata,
  spec: z.record(z.string(), z.unknown()).optional(),
  status: z.record(z.string(), z.unknown()).optional(),
});
const list = z.looseObject({
  metadata: z.looseObject({
    resourceVersion: z.string().default(''),
    continue: z.string().default(''),
  }),
  // Servers in Go write an empty list as null at times.
  items: z.array(z.unknown()).nullish(),
});
const status = z.looseObject({
  kind: z.literal('Status'),
  status: z.string().optional(),
  reason: z.string().optional(),
  message: z.string().optional(),
  code: z.number().optional(),
  details: z
    .looseObject({ name: z.string().optional(), retryAfterSeconds: z.number().optional() })
    .nullish(),
});
const news = z.looseObject({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.unknown(),
});

export type KubeStatus = z.infer<typeof status>;

/** Items of a list carry neither; a bare object may. Who wrote which field is of no use here, and long. */
export function readObject(kind: KubeKind, value: unknown): KubeObject {
  const { metadata: found, ...rest } = parsed(object, value, kind);
  const { managedFields: _unused, creationTimestamp, ...kept } = found;
  const whole = {
    ...rest,
    ...{ apiVersion: kubeKinds[kind].apiVersion, kind },
    metadata: {
      ...kept,
      ...(typeof creationTimestamp === 'string' ? { creationTimestamp } : {}),
    },
  };
  // Optional fields that zod types as `undefined` are absent in JSON.
  return (kind === 'Pod' ? leanPod(whole) : whole) as KubeObject;
}

/** Pods carry settings of workloads, secrets among them: only where they run and which claims they hold goes further. */
function leanPod(pod: z.infer<typeof object>): object {
  const { nodeName, volumes } = pod.spec ?? {};
  const { apiVersion, kind, metadata: about } = pod;
  const { annotations: _unused, ...identity } = about;
  return {
    ...{ apiVersion, kind, metadata: identity },
    spec: { nodeName, volumes: claimsOf(volumes) },
    status: { phase: pod.status?.['phase'] },
  };
}

const volumeList = z
  .array(
    z.looseObject({
      name: z.string(),
      persistentVolumeClaim: z.looseObject({ claimName: z.string() }).optional(),
      /** Its claim is named after the pod and the volume. */
      ephemeral: z.looseObject({}).optional(),
    }),
  )
  .nullish();

const claimsOf = (volumes: unknown): object[] =>
  (parsed(volumeList, volumes, 'list of volumes') ?? []).flatMap(
    ({ name, persistentVolumeClaim, ephemeral }): object[] => {
      if (persistentVolumeClaim !== undefined) return [{ name, persistentVolumeClaim }];
      return ephemeral === undefined ? [] : [{ name, ephemeral: {} }];
    },
  );

export interface ListPage {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly next: string;
}

export function readPage(kind: KubeKind, value: unknown): ListPage {
  const { metadata: about, items } = parsed(list, value, kind);
  return {
    objects: (items ?? []).map((item) => readObject(kind, item)),
    resourceVersion: about.resourceVersion,
    next: about.continue,
  };
}

/** One line of a watch. */
export function readNews(value: unknown): z.infer<typeof news> {
  return parsed(news, value, 'watch');
}

/** A Status, if the value is one. */
export function readStatus(value: unknown): KubeStatus | undefined {
  const found = status.safeParse(value);
  return found.success ? found.data : undefined;
}

function parsed<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  const where = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
  throw kubeFault('ProviderError', 'kube.unreadable', `the answer is no ${what}${where}`, {
    mayHaveHappened: true,
  });
}
