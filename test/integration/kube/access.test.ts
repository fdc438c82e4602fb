import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeRef } from '../../../actors/kube-port.ts';
import type { Telemetry } from '../../../actors/ports.ts';
import { systemClock, systemRandom } from '../../../src/clock.ts';
import { createKubeClusters } from '../../../src/k3s/kube-clusters.ts';
import type { KubeAccessSettings } from '../../../src/k3s/kube-access.ts';
import { startKubeServer } from '../../servers/kube/api-server.ts';
import type { KubeServer } from '../../servers/kube/api-server.ts';
import { makeCertificate } from '../../servers/kube/certificate.ts';
import { attempt, cluster, kubeconfig } from './ways.ts';

const volume: KubeRef = { kind: 'PersistentVolume', name: 'pv-1' };
const canary = 'canary-token-4711';
const { key, cert } = makeCertificate();

let server: KubeServer;
let folder: string;
const logged: string[] = [];
const telemetry: Pick<Telemetry, 'log'> = {
  log: (...line) => logged.push(JSON.stringify(line)),
};

beforeAll(async () => {
  server = await startKubeServer({ tls: { key, cert }, token: canary });
  server.seed(volume, { spec: {} });
  folder = mkdtempSync(join(tmpdir(), 'fairlead-kube-'));
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const portWith = (settings: KubeAccessSettings) =>
  createKubeClusters({
    ...{ access: { [cluster]: settings }, telemetry },
    ...{ clock: systemClock, random: systemRandom },
    remote: { run: () => Promise.reject(new Error('not over SSM')) },
    servers: () => Promise.reject(new Error('not over SSM')),
  }).of(cluster);
const faultWith = (settings: KubeAccessSettings): Promise<{ code: string; message: string }> =>
  portWith(settings)
    .get(volume, attempt())
    .then(
      () => expect.unreachable('access should have been refused'),
      (error: unknown) => (error as { fault: { code: string; message: string } }).fault,
    );
const withCa = () => ({ 'certificate-authority-data': Buffer.from(cert).toString('base64') });

it('reaches a server whose certificate is of the CA given, by kubeconfig or by token file', async () => {
  const kubeconfigFile = file('good', kubeconfig(server.url, canary, withCa()));
  const seen = await portWith({ kubeconfigFile }).get(volume, attempt());
  expect(seen?.metadata.name).toBe('pv-1');
  const parts = { caFile: file('ca', cert), tokenFile: file('token', `${canary}\n`) };
  const again = await portWith({ server: server.url, ...parts }).get(volume, attempt());
  expect(again?.metadata.name).toBe('pv-1');
});

it('sends nothing to a server of another CA, nor when told not to check', async () => {
  const before = server.seen.length;
  const other = {
    'certificate-authority-data': Buffer.from(makeCertificate().cert).toString('base64'),
  };
  const foreign = { kubeconfigFile: file('foreign', kubeconfig(server.url, canary, other)) };
  expect(await faultWith(foreign)).toMatchObject({
    code: 'kube.certificate',
    mayHaveHappened: false,
  });
  const unknown = { kubeconfigFile: file('unknown', kubeconfig(server.url, canary)) };
  expect(await faultWith(unknown)).toMatchObject({ code: 'kube.certificate' });
  const blind = { 'insecure-skip-tls-verify': true };
  const skipping = { kubeconfigFile: file('skip', kubeconfig(server.url, canary, blind)) };
  expect(await faultWith(skipping)).toMatchObject({ code: 'kube.access' });
  const plain = { kubeconfigFile: file('plain', kubeconfig('http://10.0.0.1:6443', canary)) };
  expect((await faultWith(plain)).message).toContain('https only');
  expect(server.seen).toHaveLength(before);
});

it('reads its files again after a refusal, so that a renewed token is used at once', async () => {
  const kubeconfigFile = file('renewed', kubeconfig(server.url, 'old-token', withCa()));
  const port = portWith({ kubeconfigFile });
  await expect(port.get(volume, attempt())).rejects.toMatchObject({
    fault: { type: 'Unauthorized', code: 'kube.unauthorized' },
  });
  file('renewed', kubeconfig(server.url, canary, withCa()));
  expect(await port.get(volume, attempt())).toBeDefined();
});

it('names the file that cannot be used, and never what stands in it', async () => {
  const broken = { kubeconfigFile: file('broken', `users: [{ token: ${canary}`) };
  expect(await faultWith(broken)).toMatchObject({
    ...{ code: 'kube.access' },
    message: expect.stringContaining('broken is no kubeconfig') as string,
  });
  expect((await faultWith({ kubeconfigFile: join(folder, 'gone') })).message).toContain('ENOENT');
  expect(JSON.stringify([await faultWith(broken), logged])).not.toContain(canary);
  expect(logged.length).toBeGreaterThan(0);
});

it('calls a cluster nobody answers for unreachable', async () => {
  const gone = await startKubeServer();
  await gone.stop();
  const kubeconfigFile = file('gone-server', kubeconfig(gone.url));
  expect(await faultWith({ kubeconfigFile })).toMatchObject({
    ...{ type: 'Unavailable', code: 'kube.unreachable', mayHaveHappened: false },
  });
});
