/** Objects as a cluster answers them, for tests of what they mean. */
import type { KubeObject } from '../../../actors/kube-port.ts';

export const generation = 4;

/** @param kind  with any spec and status; `generation` 4 */
export const observed = (kind: string, spec: object, status?: object): KubeObject => ({
  ...{ apiVersion: 'test/v1', kind },
  metadata: { name: 'one', namespace: 'prod', generation, resourceVersion: '7' },
  spec: spec as Record<string, unknown>,
  ...(status !== undefined && { status: status as Record<string, unknown> }),
});

/** A condition as controllers write it. @param of  generation it tells of */
export const condition = (type: string, status: string, reason: string, of = generation) => ({
  ...{ type, status, reason, observedGeneration: of, message: '' },
  lastTransitionTime: '2026-01-01T00:00:00Z',
});
