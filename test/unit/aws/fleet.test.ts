import { sharedCalls } from '../../fakes/shared-calls.ts';
import { describe, expect, it } from 'vitest';
import { createFleetView } from '../../../src/aws/fleet.ts';
import type { Sessions } from '../../../src/aws/session.ts';
import { tagKeys } from '../../../src/aws/tags.ts';
import { capture, faultFrom, instanceXml, reservationsXml, scope } from './captured.ts';
import type { Answer } from './captured.ts';

const viewOf = (sessions: Sessions) => createFleetView(sessions, sharedCalls().fanOut);

const tagged = (id: string, uid: string, state = 'running', zone = 'eu-central-1a') =>
  instanceXml(id, state, { [tagKeys.uid]: uid, [tagKeys.slot]: 's0' }, zone);
const nobody: ReadonlySet<string> = new Set();
const owner = (ownerId: string): Answer => ({
  reply: { securityGroupInfo: [{ groupId: 'sg-1', groupName: 'default', ownerId }] },
});

describe('a look at the fleet', () => {
  it('reads every page and sorts the facts by uid [P-31]', async () => {
    const { sessions, calls } = capture((_call, number) =>
      number === 1
        ? reservationsXml([tagged('i-1', 'u1'), tagged('i-2', 'u2')], '000000000000', 'more')
        : reservationsXml([tagged('i-3', 'u1'), tagged('i-1', 'u1')]),
    );
    const facts = await viewOf(sessions).look(scope, nobody);
    expect(facts.get('u1')?.map(({ instanceId }) => instanceId)).toEqual(['i-1', 'i-3']);
    expect(facts.get('u2')).toHaveLength(1);
    expect(calls.map(({ form }) => form['NextToken'])).toEqual([undefined, 'more']);
    expect(calls[0]?.form).toMatchObject({
      'Filter.1.Name': 'tag:fairlead:managed-by',
      'Filter.1.Value.1': 'fairlead',
      MaxResults: '1000',
    });
  });

  it('asks for agents in parts of 50, and only for running machines that somebody awaits', async () => {
    const ids = Array.from({ length: 120 }, (_, n) => `i-${n}`);
    const { sessions, calls } = capture((call): Answer => {
      if (call.action === 'DescribeInstances')
        return reservationsXml([
          ...ids.map((id) => tagged(id, 'u1')),
          tagged('i-pending', 'u1', 'pending'),
          tagged('i-calm', 'u1'),
        ]);
      const [filter] = call.json['Filters'] as { Values: string[] }[];
      const list = (filter?.Values ?? []).map((InstanceId) => ({
        InstanceId,
        PingStatus: InstanceId === 'i-7' ? 'ConnectionLost' : 'Online',
      }));
      return { reply: { InstanceInformationList: list } };
    });
    const facts = await viewOf(sessions).look(scope, new Set([...ids, 'i-pending']));
    const sizes = calls.slice(1).map(({ json }) => {
      const [filter] = json['Filters'] as { Values: string[] }[];
      return filter?.Values.length;
    });
    expect(sizes).toEqual([50, 50, 20]);
    const online = facts.get('u1')?.filter((fact) => fact.agentOnline) ?? [];
    expect(online).toHaveLength(119);
    expect(online.map(({ instanceId }) => instanceId)).not.toContain('i-7');
  });

  it('makes no second call when nobody awaits an agent', async () => {
    const { sessions, calls } = capture(() => reservationsXml([tagged('i-1', 'u1')]));
    await viewOf(sessions).look(scope, nobody);
    expect(calls).toHaveLength(1);
  });
});

describe('a look that proves nothing', () => {
  it('rejects when a later page fails', async () => {
    const { sessions } = capture((_call, number) =>
      number === 1
        ? reservationsXml([tagged('i-1', 'u1')], '000000000000', 'more')
        : { error: 'RequestLimitExceeded', status: 503 },
    );
    const fault = await faultFrom(viewOf(sessions).look(scope, nobody));
    expect(fault['type']).toBe('RateLimit');
  });

  it('rejects instances of another owner', async () => {
    const { sessions } = capture((_call, number) =>
      reservationsXml([tagged('i-1', 'u1')], number === 1 ? '000000000000' : '999999999999'),
    );
    const view = viewOf(sessions);
    await view.look(scope, nobody);
    expect(await faultFrom(view.look(scope, nobody))).toMatchObject({ code: 'account.mismatch' });
  });

  it('does not believe an empty answer before it knows whose it is', async () => {
    const { sessions, calls } = capture(
      (call) => (call.action === 'DescribeInstances' ? reservationsXml([]) : owner('999999999999')),
      { accounts: { main: { ownerId: '000000000000' } } },
    );
    const fault = await faultFrom(viewOf(sessions).look(scope, nobody));
    expect(fault).toMatchObject({ type: 'Unauthorized', code: 'account.mismatch' });
    expect(calls.map(({ action }) => action)).toEqual([
      'DescribeInstances',
      'DescribeSecurityGroups',
    ]);
  });

  it('rejects an instance of another region or without an id', async () => {
    const strange = capture(() => reservationsXml([tagged('i-1', 'u1', 'running', 'us-east-1a')]));
    expect(await faultFrom(viewOf(strange.sessions).look(scope, nobody))).toMatchObject({
      code: 'region.mismatch',
    });
    const torn = capture(() => reservationsXml([{ instanceState: { name: 'running' } }]));
    expect(await faultFrom(viewOf(torn.sessions).look(scope, nobody))).toMatchObject({
      code: 'reply.incomplete',
    });
  });

  it('rejects a paging that never ends', async () => {
    const { sessions } = capture(() => reservationsXml([], '000000000000', 'again'));
    expect(await faultFrom(viewOf(sessions).look(scope, nobody))).toMatchObject({
      code: 'pages.endless',
    });
  });
});
