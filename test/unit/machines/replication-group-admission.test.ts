/** What a group may be declared as, and which orders it takes while another is under way. */
import { createActor } from 'xstate';
import { describe, expect, it } from 'vitest';
import { operationMachine } from '../../../machines/operation.ts';
import { admitGroup } from '../../../machines/replication-group-admission.ts';
import type { GroupCommand } from '../../../machines/replication-group-context.ts';
import { buildGroupMachine } from '../../../machines/replication-group.ts';
import { replicationGroupManifestSchema } from '../../../machines/specs.ts';
import { lint } from '../../../actors/lint.ts';

const declared = (spec: object) => ({
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'ReplicationGroup' },
  ...{ metadata: { namespace: 'prod', name: 'shop' }, spec },
});
const problems = (spec: object): string[] => {
  const { error } = replicationGroupManifestSchema.safeParse(declared(spec));
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
};
const names = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `db-${index}` }));

describe('a manifest of a group', () => {
  it('names one to sixteen members, each once and by its bare name', () => {
    expect(problems({ members: names(16) })).toEqual([]);
    expect(problems({ members: [] })).toHaveLength(1);
    expect(problems({ members: names(17) })).toHaveLength(1);
    expect(problems({ members: [{ name: 'db-1' }, { name: 'db-1' }] })).toEqual([
      'spec.members.1.name is db-1 again: a member stands in its group once; remove one of the two',
    ]);
    expect(problems({ members: [{ name: 'other/db-1' }] })[0]).toContain('is not a DNS label');
  });

  it('promises no instant that is common to two members', () => {
    expect(problems({ members: names(1), consistency: 'crash' })[0]).toContain('write perVolume');
    expect(replicationGroupManifestSchema.parse(declared({ members: names(1) })).spec).toEqual({
      members: [{ name: 'db-0', order: 0 }],
      consistency: 'perVolume',
    });
  });
});

it('takes one order at a time, and the same declaration as no change', () => {
  const machine = buildGroupMachine(operationMachine);
  const actor = createActor(machine, {
    input: { uid: 'u', namespace: 'prod', name: 'shop', atMs: 0 },
  });
  const context = () => actor.getSnapshot().context;
  const stamp = { atMs: 1, correlationId: 'c', commandId: 'k' };
  const manifest = replicationGroupManifestSchema.parse(declared({ members: names(2) }));
  const told = (verb: string, more: object = {}): GroupCommand =>
    ({ type: `replicationgroup.${verb}`, ...stamp, ...more }) as GroupCommand;
  const admitted = (verb: string, more?: object): string => {
    const admission = admitGroup(context(), told(verb, more));
    return admission.kind === 'refused' ? admission.refusal.code : admission.kind;
  };
  // Not started: charts are asked, never run, without their host.
  expect(admitted('failover', { how: 'planned' })).toBe('accepted');
  expect(admitted('cancel')).toBe('unchanged');
  expect(lint(machine).filter((text) => !text.includes('gated'))).toEqual([]);
  const busy = {
    ...context(),
    ...{ phase: 'gatheringMade' as const, spec: manifest.spec },
    operation: {
      ...{
        verb: 'failover' as const,
        how: 'planned' as const,
        endpoint: 'away' as const,
        number: 3,
      },
      ...{ startedAtMs: 0, correlationId: '', by: '', moving: [], settled: [], calledOff: [] },
      ...{ hasWriter: false, keptAtMs: 0, keeps: 0, cause: '', failures: [] },
    },
  };
  const whileBusy = (verb: string, more?: object) => admitGroup(busy, told(verb, more));
  expect(whileBusy('failback')).toMatchObject({
    refusal: { code: 'operation.conflict', because: ['order 3 is gatheringMade'] },
  });
  expect(whileBusy('delete')).toMatchObject({ refusal: { code: 'operation.conflict' } });
  expect(whileBusy('apply', { manifest })).toEqual({ kind: 'unchanged' });
  expect(whileBusy('cancel')).toEqual({ kind: 'accepted' });
});
