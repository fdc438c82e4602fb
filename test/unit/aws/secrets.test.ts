import { describe, expect, it } from 'vitest';
import { createSurroundings } from '../../../src/aws/surroundings.ts';
import { attempt, capture, faultFrom, scope } from './captured.ts';

const surroundings = (answer: Parameters<typeof capture>[0]) => {
  const { sessions, calls } = capture(answer);
  return { port: createSurroundings(sessions, undefined), calls };
};

describe('secrets', () => {
  it('makes two different secrets of 32 bytes and returns their names only', async () => {
    const { port, calls } = surroundings(() => ({ reply: { Version: 1 } }));
    const names = await port.ensureSecrets(scope, 'uid-1', attempt());
    expect(names).toEqual({
      server: '/fairlead/uid-1/server/token',
      agent: '/fairlead/uid-1/agent/token',
    });
    const values = calls.map(({ json }) => String(json['Value']));
    expect(new Set(values).size).toBe(2);
    for (const { json } of calls)
      expect(json).toMatchObject({ Type: 'SecureString', Overwrite: false });
    for (const value of values) {
      expect(Buffer.from(value, 'base64url')).toHaveLength(32);
      expect(JSON.stringify(names)).not.toContain(value);
    }
  });

  it('keeps a secret that is there already', async () => {
    const { port } = surroundings(() => ({ error: 'ParameterAlreadyExists' }));
    const names = await port.ensureSecrets(scope, 'uid-1', attempt());
    expect(names.server).toBe('/fairlead/uid-1/server/token');
  });

  it('does not put the value into a fault', async () => {
    const { port, calls } = surroundings(() => ({ error: 'AccessDeniedException' }));
    const fault = await faultFrom(port.ensureSecrets(scope, 'uid-1', attempt()));
    expect(fault['type']).toBe('Unauthorized');
    expect(JSON.stringify(fault)).not.toContain(String(calls[0]?.json['Value']));
  });

  it('deletes secrets and kubeconfig in one call, and counts what there was', async () => {
    const deleted = ['/fairlead/uid-1/server/token', '/fairlead/uid-1/agent/token'];
    const { port, calls } = surroundings(() => ({ reply: { DeletedParameters: deleted } }));
    expect(await port.deleteSecrets(scope, 'uid-1', attempt())).toBe(2);
    expect(calls.map(({ json }) => json['Names'])).toEqual([
      [...deleted, '/fairlead/uid-1/access/kubeconfig'],
    ]);
  });
});
