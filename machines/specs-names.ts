/** Words every manifest is made of: names, labels, zones, and what stands around the spec of all kinds. */
import { z } from 'zod';
import { apiVersion, dnsLabel } from './ids.ts';

export const label = (what: string, max: number) =>
  z
    .string()
    .refine((text) => text.length <= max, {
      message: `is longer than ${max} characters: node names are built from it; use a shorter ${what}`,
      params: { code: 'manifest.nameTooLong' },
    })
    .regex(dnsLabel, `is not a DNS label; use lower-case letters, digits and '-'`)
    // A refinement is not seen by schemas made from this one.
    .meta({ maxLength: max });

export const labelKey =
  /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
export const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
export const kubernetesLabels = z.record(
  z
    .string()
    .regex(labelKey, 'is not a Kubernetes label key; use [prefix/]name')
    .refine((key) => !/(^|\.)(kubernetes|k8s)\.io\//.test(key), {
      message: 'uses a prefix reserved by Kubernetes; use your own prefix',
      params: { code: 'manifest.reservedLabel' },
    }),
  z.string().regex(labelValue, 'is not a Kubernetes label value; use letters, digits, - _ .'),
);

export const zoneName = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'is not a zone; write one such as eu-central-1a');

export const regionName = z
  .string()
  .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is not an AWS region; write one such as eu-central-1');

const metadataSchema = z.strictObject({
  namespace: label('namespace', 40).default('default'),
  name: label('name', 40),
  labels: kubernetesLabels.default({}),
  annotations: z.record(z.string().max(253), z.string().max(4096)).default({}),
});

/** @param kind  as written in the manifest, e.g. `Cluster` */
export const manifestSchema = <Kind extends string, Spec extends z.ZodType>(
  kind: Kind,
  spec: Spec,
) =>
  z.strictObject({
    apiVersion: z.literal(apiVersion, {
      error: `is not ${apiVersion}; write apiVersion: ${apiVersion}`,
    }),
    kind: z.literal(kind),
    metadata: metadataSchema,
    spec,
  });
