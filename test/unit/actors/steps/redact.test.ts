/** No secret leaves the process in an image, wherever somebody puts it. */
import { createActor } from 'xstate';
import type { AnyStateMachine } from 'xstate';
import { describe, expect, it } from 'vitest';
import { childMachines } from '../../../../actors/definition.ts';
import { imageOf } from '../../../../actors/steps/image.ts';
import { redactText, redactValue } from '../../../../actors/steps/redact.ts';
import { buildClusterMachine } from '../../../../machines/cluster.ts';
import { guardFleetMachine } from '../../../../machines/guard-fleet.ts';
import { guardMachine } from '../../../../machines/guard.ts';
import { inspectRules } from '../../../../machines/inspect.ts';
import { buildNodeMachine } from '../../../../machines/node.ts';
import { buildOperationMachine } from '../../../../machines/operation.ts';
import { buildGroupMachine } from '../../../../machines/replication-group.ts';
import { buildReplicationMachine } from '../../../../machines/replication.ts';
import { builtInRetries } from '../../../../machines/retry.ts';

const canaries: Readonly<Record<string, string>> = {
  'AWS key id': `AKIA${'Q'.repeat(16)}`,
  'AWS session key id': `ASIA${'Z7'.repeat(8)}`,
  'AWS secret key': 'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  PEM: '-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----',
  'PEM, cut off': '-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIIrYSSNQFaA2Hwf1duRSxKtL',
  JWT: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl',
  'K3s token': `K10${'ab12'.repeat(16)}::server:f0e1d2c3b4a59687`,
  'NATS seed': `SU${'A2B3C4D5'.repeat(7)}`,
};
/** What of each must not be found again. */
const core: Readonly<Record<string, string>> = {
  ...canaries,
  'AWS secret key': 'wJalrXUtnFEMI/K7MDENG',
  PEM: 'MIIEpAIBAAKCAQEA',
  'PEM, cut off': 'MHcCAQEEIIrY',
  'K3s token': 'f0e1d2c3b4a59687',
};

describe('texts', () => {
  it.each(Object.entries(canaries))('lose a secret in their middle: %s', (name, secret) => {
    const told = redactText(`before ${secret} after`);
    expect(told).not.toContain(core[name]);
    expect(told).toMatch(/^before .*\[/s);
  });

  it.each([
    'attempt 3 of 6, next 12:04:10',
    'arn:aws:iam::123456789012:role/fairlead',
    'i-0abc1234def567890',
    '01JD7QKABCDEFGHJKMNPQRSTVW',
    '/fairlead/prod/c1/K10/server-token',
    'the secret of /fairlead/c1 is missing',
  ])('stay as they are otherwise: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });
});

/** What a parameter does not need is left out: these are never started. */
const operation = buildOperationMachine(builtInRetries);
const node = buildNodeMachine(operation, 1);
const roots: Readonly<Record<string, AnyStateMachine>> = {
  cluster: buildClusterMachine({ operation, node, scale: 1 }),
  replication: buildReplicationMachine(operation),
  replicationgroup: buildGroupMachine(operation),
  guard: guardFleetMachine,
};
const inputs: Readonly<Record<string, unknown>> = {
  node: { slot: 's0', incarnation: 1, preset: 'standard', paused: false, atMs: 0 },
  breaker: { key: 'k', policy: {}, atMs: 0 },
  operation: { effect: 'node.stop', preset: 'standard', atMs: 0, paused: false, token: '' },
};

function machinesBelow(src: string, machine: AnyStateMachine): [string, AnyStateMachine][] {
  return [
    [src, machine],
    ...childMachines(machine).flatMap(([below, child]) => machinesBelow(below, child)),
  ];
}
const machines = new Map([
  ...Object.entries(roots).flatMap(([src, machine]) => machinesBelow(src, machine)),
  ...machinesBelow('guard of a host', guardMachine),
]);
const contextKeys = (src: string, machine: AnyStateMachine): string[] => {
  const input = inputs[src] ?? { namespace: 'a', name: 'b', uid: 'u', atMs: 0 };
  const snapshot = createActor(machine, { input } as never).getSnapshot() as { context: object };
  return Object.keys(snapshot.context);
};
const ruleName = (src: string): string => src.split(' ')[0] ?? '';

describe('contexts', () => {
  it('of all machines that are hosted are looked at', () => {
    expect([...machines.keys()].sort()).toEqual(
      [...Object.keys(inspectRules), 'guard of a host'].sort(),
    );
  });

  it.each([...machines])('has a rule for each key of %s', (src, machine) => {
    const keys = contextKeys(src, machine);
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !(key in (inspectRules[ruleName(src)] ?? {})))).toEqual([]);
  });

  it.each(Object.keys(inspectRules))('shows no canary planted in any key of %s', (src) => {
    for (const [name, secret] of Object.entries(canaries)) {
      const keys = [...Object.keys(inspectRules[src] ?? {}), 'unheardOf'];
      const planted = keys.flatMap((key): [string, unknown][] => [
        [key, { deep: [{ [secret]: `x ${secret}` }], plain: secret }],
      ]);
      const context = Object.fromEntries(planted);
      const child = { src, snapshot: { status: 'active', value: 'on', context, children: {} } };
      const snapshot = { ...child.snapshot, children: { c: child } };
      const text = JSON.stringify(imageOf(src, snapshot, inspectRules));
      expect(text.includes(core[name] ?? ''), `${name} in ${src}`).toBe(false);
      expect(text).not.toContain('unheardOf');
    }
  });

  it('are not shown at all where no rule names the machine', () => {
    const snapshot = { status: 'active', value: 'on', context: { token: 'x' }, children: {} };
    expect(imageOf('stranger', snapshot, inspectRules).context).toEqual({});
  });

  it('tell of a hashed value only whether it is the same', () => {
    const of = (secrets: unknown) =>
      imageOf('cluster', { status: 'active', value: 'a', context: { secrets } }, inspectRules)
        .context?.['secrets'];
    expect(of({ server: 'one' })).toMatch(/^#[0-9a-f]{16}$/);
    expect(of({ server: 'one' })).toBe(of({ server: 'one' }));
    expect(of({ server: 'one' })).not.toBe(of({ server: 'two' }));
    expect(of(null)).toBeNull();
  });
});

describe('values', () => {
  it('are the same objects where there was nothing to hide', () => {
    const value = { a: [{ b: 'plain' }], c: { d: 1 } };
    expect(redactValue(value)).toBe(value);
    const mixed = { keep: value, hide: canaries['JWT'] };
    expect(redactValue(mixed)).toEqual({ keep: value, hide: '[JWT]' });
    expect((redactValue(mixed) as typeof mixed).keep).toBe(value);
  });

  it('are not scanned again while they are the same objects', () => {
    let looks = 0;
    const nodes = new Proxy({ a: 'x' }, { ownKeys: (it) => { looks += 1; return Reflect.ownKeys(it); } }); // prettier-ignore
    const snapshot = (by: string) => ({ status: 'active', value: 'a', context: { nodes, by } });
    const first = snapshot('one');
    const image = imageOf('cluster', first, inspectRules);
    const looked = looks;
    const next = imageOf('cluster', snapshot('two'), inspectRules, { snapshot: first, image });
    expect(looks).toBe(looked);
    expect(next.context).toEqual({ nodes: { a: 'x' }, by: 'two' });
    expect(looked).toBeGreaterThan(0);
  });

  it('make the very image of before while only what is not shown changes', () => {
    const rules = { job: { shown: 'show', digest: 'hash', hidden: 'hide' } } as const;
    const snapshot = (change: object) => ({
      ...{ status: 'active', value: 'a', children: {} },
      context: { shown: 1, digest: { key: 'x' }, hidden: 1, ...change },
    });
    const made = (from: object, to: object) => {
      const image = imageOf('job', snapshot(from), rules);
      return [image, imageOf('job', snapshot(to), rules, { snapshot: snapshot(from), image })];
    };
    const [image, same] = made({}, { hidden: 2 });
    expect(same).toBe(image);
    for (const [from, to] of [
      [{}, { shown: 2 }],
      [{}, { digest: { key: 'y' } }],
      [{}, { shown: undefined }],
      [{ shown: undefined }, {}],
      [{ unheardOf: 1 }, { shown: 3 }],
    ] as const) {
      const [, next] = made(from, to);
      expect(next).toEqual(imageOf('job', snapshot(to), rules));
    }
  });
});
