/** The two join secrets of a cluster, as SecureString parameters: made here, read by the nodes, never by us. */
import { randomBytes } from 'node:crypto';
import { unlessDone } from './faults.ts';
import type { CallScope, Sessions } from './session.ts';

const secretBytes = 32;

const secretNames = (uid: string) => ({
  server: `/fairlead/${uid}/server/token`,
  agent: `/fairlead/${uid}/agent/token`,
});

/** Written by a node, removed by us: the kubeconfig. */
const accessName = (uid: string): string => `/fairlead/${uid}/access/kubeconfig`;

/** Creates what is absent and keeps what is there. Values exist in this function only. */
export async function ensureSecrets(
  sessions: Sessions,
  scope: CallScope,
  uid: string,
): Promise<{ server: string; agent: string }> {
  const names = secretNames(uid);
  for (const Name of Object.values(names))
    await unlessDone(['ParameterAlreadyExists'], () =>
      sessions.ssm(scope, 'putParameter', {
        Name,
        Value: randomBytes(secretBytes).toString('base64url'),
        Type: 'SecureString',
        Overwrite: false,
      }),
    );
  return names;
}

/** Removes every parameter of the cluster in one call; returns how many there still were. */
export async function deleteSecrets(
  sessions: Sessions,
  scope: CallScope,
  uid: string,
): Promise<number> {
  const { server, agent } = secretNames(uid);
  const reply = await sessions.ssm(scope, 'deleteParameters', {
    Names: [server, agent, accessName(uid)],
  });
  return reply.DeletedParameters?.length ?? 0;
}
