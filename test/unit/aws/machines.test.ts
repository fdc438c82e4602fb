import { describe, expect, it } from 'vitest';
import { createMachines } from '../../../src/aws/machines.ts';
import { tagKeys } from '../../../src/aws/tags.ts';
import type { LaunchOrder } from '../../../machines/messages.ts';
import { sharedCalls } from '../../fakes/shared-calls.ts';
import { attempt, capture, faultFrom, instanceXml, reservationsXml, scope } from './captured.ts';
import type { CapturedCall } from './captured.ts';

const token = 'fl-01J000000000000000000000AA-p1-s0-i1-o0';
const order: LaunchOrder = {
  ...scope,
  offer: {
    instanceType: 't3.medium',
    zone: 'eu-central-1a',
    subnetId: 'subnet-0123abcd',
    imageId: 'ami-0123abcd',
  },
  rootDevice: '/dev/xvda',
  rootVolume: { sizeGiB: 30, encrypted: true, kmsKeyId: '' },
  securityGroupIds: ['sg-1', 'sg-2'],
  instanceProfile: 'fairlead-server',
  publicIp: false,
  protected: true,
  tags: {
    [tagKeys.uid]: 'uid-1',
    [tagKeys.slot]: 's0',
    [tagKeys.incarnation]: '1',
    [tagKeys.managedBy]: 'fairlead',
    Name: 'web-server-0-1',
  },
};
const launched = {
  reply: { ownerId: '000000000000', instancesSet: [instanceXml('i-1', 'pending')] },
};

describe('launch', () => {
  it('asks for exactly one machine, hardened, tagged and bound to the token', async () => {
    const { sessions, calls } = capture(() => launched);
    const node = await createMachines(sessions, sharedCalls()).launch(order, token, attempt());
    expect(node).toEqual({
      instanceId: 'i-1',
      zone: 'eu-central-1a',
      privateIp: '172.31.0.4',
      state: 'pending',
    });
    const form = calls[0]?.form ?? {};
    expect(form).toMatchObject({
      Action: 'RunInstances',
      MinCount: '1',
      MaxCount: '1',
      ClientToken: token,
      ImageId: 'ami-0123abcd',
      InstanceType: 't3.medium',
      SubnetId: 'subnet-0123abcd',
      'SecurityGroupId.1': 'sg-1',
      'SecurityGroupId.2': 'sg-2',
      'IamInstanceProfile.Name': 'fairlead-server',
      'MetadataOptions.HttpTokens': 'required',
      'MetadataOptions.HttpPutResponseHopLimit': '2',
      'BlockDeviceMapping.1.DeviceName': '/dev/xvda',
      'BlockDeviceMapping.1.Ebs.VolumeType': 'gp3',
      'BlockDeviceMapping.1.Ebs.VolumeSize': '30',
      'BlockDeviceMapping.1.Ebs.Encrypted': 'true',
      'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
      DisableApiTermination: 'true',
      'CreditSpecification.CpuCredits': 'unlimited',
      'TagSpecification.1.ResourceType': 'instance',
      'TagSpecification.2.ResourceType': 'volume',
      'TagSpecification.3.ResourceType': 'network-interface',
    });
    const tags = Object.entries(form).filter(([key]) => key.startsWith('TagSpecification.2.Tag'));
    expect(tags.map(([, value]) => value)).toContain(token);
    expect(Object.keys(form).filter((key) => /KeyName|UserData|KmsKey/.test(key))).toEqual([]);
  });

  it('renders equal orders equally, in whatever order their tags come', async () => {
    const { sessions, calls } = capture(() => launched);
    const machines = createMachines(sessions, sharedCalls());
    const turned = Object.fromEntries(Object.entries(order.tags).reverse());
    await machines.launch(order, token, attempt());
    await machines.launch({ ...order, tags: turned }, token, attempt());
    expect(calls[1]?.form).toEqual(calls[0]?.form);
  });

  it('asks for a public address through the network interface only when told to', async () => {
    const { sessions, calls } = capture(() => launched);
    await createMachines(sessions, sharedCalls()).launch(
      { ...order, publicIp: true },
      token,
      attempt(),
    );
    expect(calls[0]?.form).toMatchObject({
      'NetworkInterface.1.DeviceIndex': '0',
      'NetworkInterface.1.SubnetId': 'subnet-0123abcd',
      'NetworkInterface.1.AssociatePublicIpAddress': 'true',
      'NetworkInterface.1.SecurityGroupId.2': 'sg-2',
    });
    expect(calls[0]?.form).not.toHaveProperty('SubnetId');
  });

  it('calls a type that the zone lacks, and a full zone, a capacity shortage', async () => {
    for (const error of ['Unsupported', 'InsufficientInstanceCapacity']) {
      const { sessions, calls } = capture(() => ({ error, status: 500 }));
      const fault = await faultFrom(
        createMachines(sessions, sharedCalls()).launch(order, token, attempt()),
      );
      expect(fault).toMatchObject({ type: 'CapacityShortage', mayHaveHappened: false });
      expect(calls).toHaveLength(1);
    }
  });

  it('says that an answer without an instance may have launched one', async () => {
    const { sessions } = capture(() => ({ reply: {} }));
    const fault = await faultFrom(
      createMachines(sessions, sharedCalls()).launch(order, token, attempt()),
    );
    expect(fault).toMatchObject({ type: 'ProviderError', mayHaveHappened: true });
  });
});

describe('find', () => {
  it('looks by uid, slot, incarnation and token', async () => {
    const { sessions, calls } = capture(() => reservationsXml([]));
    expect(
      await createMachines(sessions, sharedCalls()).find(order, token, attempt()),
    ).toBeUndefined();
    const form = calls[0]?.form ?? {};
    const filters = [1, 2, 3, 4].map((n) => [
      form[`Filter.${n}.Name`],
      form[`Filter.${n}.Value.1`],
    ]);
    expect(filters).toEqual([
      ['tag:fairlead:uid', 'uid-1'],
      ['tag:fairlead:slot', 's0'],
      ['tag:fairlead:incarnation', '1'],
      ['tag:fairlead:token', token],
    ]);
  });

  it('prefers one that lives to one that is gone, and tells of a gone one alone', async () => {
    const gone = instanceXml('i-gone', 'terminated');
    const both = capture(() => reservationsXml([gone, instanceXml('i-alive', 'running')]));
    const found = await createMachines(both.sessions, sharedCalls()).find(order, token, attempt());
    expect(found?.instanceId).toBe('i-alive');
    const one = capture(() => reservationsXml([gone]));
    const dead = await createMachines(one.sessions, sharedCalls()).find(order, token, attempt());
    expect(dead).toMatchObject({ instanceId: 'i-gone', state: 'terminated' });
  });
});

describe('a sweep', () => {
  it('lifts each protection and terminates all in one call, with what is gone left out [G-29]', async () => {
    const { sessions, calls } = capture(({ action, form }) => {
      if (action === 'TerminateInstances') return { reply: { instancesSet: [] } };
      return form['InstanceId'] === 'i-2'
        ? { error: 'InvalidInstanceID.NotFound' }
        : { reply: { return: 'true' } };
    });
    const machines = createMachines(sessions, sharedCalls());
    await machines.terminateAll(scope, ['i-1', 'i-2', 'i-3'], attempt());
    const [ended, ...more] = calls.filter(({ action }) => action === 'TerminateInstances');
    expect(more).toEqual([]);
    expect([ended?.form['InstanceId.1'], ended?.form['InstanceId.2']]).toEqual(['i-1', 'i-3']);
    expect(ended?.form).not.toHaveProperty('InstanceId.3');
  });
});

describe('terminate', () => {
  const terminating = {
    reply: { instancesSet: [{ instanceId: 'i-1', currentState: { name: 'shutting-down' } }] },
  };

  it('lifts the protection first when told to', async () => {
    const { sessions, calls } = capture((call) =>
      call.action === 'TerminateInstances' ? terminating : { reply: { return: 'true' } },
    );
    const machines = createMachines(sessions, sharedCalls());
    expect(await machines.terminate(scope, 'i-1', true, attempt())).toEqual({
      state: 'shutting-down',
    });
    expect(calls.map(({ action }) => action)).toEqual([
      'ModifyInstanceAttribute',
      'TerminateInstances',
    ]);
    expect(calls[0]?.form['DisableApiTermination.Value']).toBe('false');
    await machines.terminate(scope, 'i-1', false, attempt());
    expect(calls).toHaveLength(3);
  });

  it('calls an unknown id gone, at either step', async () => {
    const { sessions } = capture(() => ({ error: 'InvalidInstanceID.NotFound' }));
    const ended = await createMachines(sessions, sharedCalls()).terminate(
      scope,
      'i-1',
      true,
      attempt(),
    );
    expect(ended).toEqual({ state: 'gone' });
  });

  it('lets a protected machine be a conflict when it was not told to lift', async () => {
    const { sessions } = capture(() => ({ error: 'OperationNotPermitted' }));
    const fault = await faultFrom(
      createMachines(sessions, sharedCalls()).terminate(scope, 'i-1', false, attempt()),
    );
    expect(fault['type']).toBe('Conflict');
  });
});

describe('stop, start and reboot', () => {
  const moving = (call: CapturedCall) => ({
    reply: {
      instancesSet: ids(call).map((instanceId) => ({
        instanceId,
        currentState: { name: 'moving' },
      })),
    },
  });
  const ids = ({ form }: CapturedCall): string[] =>
    Object.entries(form).flatMap(([key, value]) => (key.startsWith('InstanceId.') ? [value] : []));

  it('go out as one call for all who ask at once [G-29]', async () => {
    const { sessions, calls } = capture(moving);
    const machines = createMachines(sessions, sharedCalls());
    for (const verb of ['stop', 'start', 'reboot'] as const)
      await Promise.all(['i-1', 'i-2', 'i-3'].map((id) => machines[verb](scope, id, attempt())));
    expect(calls.map((call) => [call.action, ids(call)])).toEqual([
      ['StopInstances', ['i-1', 'i-2', 'i-3']],
      ['StartInstances', ['i-1', 'i-2', 'i-3']],
      ['RebootInstances', ['i-1', 'i-2', 'i-3']],
    ]);
  });

  it('do not mix accounts and regions in one call', async () => {
    const { sessions, calls } = capture(moving, { accounts: { other: {} } });
    const machines = createMachines(sessions, sharedCalls());
    const scopes = [scope, { ...scope, account: 'other' }, { ...scope, region: 'eu-west-1' }];
    await Promise.all(scopes.map((each) => machines.stop(each, 'i-1', attempt())));
    expect(calls).toHaveLength(3);
  });

  it.each([
    ['stop', 'pending', { type: 'Retryable' }],
    ['start', 'stopping', { type: 'Retryable' }],
    ['reboot', 'pending', { type: 'Retryable' }],
    ['reboot', 'stopped', { type: 'Conflict' }],
    ['start', 'terminated', { type: 'NotFound', code: 'instance.gone' }],
    ['stop', 'shutting-down', { type: 'NotFound', code: 'instance.gone' }],
  ] as const)('%s of one that is %s is told apart by a look', async (verb, state, expected) => {
    const { sessions } = capture((call) =>
      call.action === 'DescribeInstances'
        ? reservationsXml([instanceXml('i-1', state)])
        : { error: 'IncorrectInstanceState' },
    );
    const machines = createMachines(sessions, sharedCalls());
    expect(await faultFrom(machines[verb](scope, 'i-1', attempt()))).toMatchObject(expected);
  });
});

describe('letting pods through', () => {
  it('switches the check of addresses off, waits for one not seen yet, and lets a dead one be', async () => {
    const answers = [
      { error: 'InvalidInstanceID.NotFound' },
      { error: 'IncorrectInstanceState' },
      { reply: { return: 'true' } },
    ];
    const { sessions, calls } = capture((_call, number) => answers[number - 1] ?? { reply: {} });
    const machines = createMachines(sessions, sharedCalls());
    const route = () => machines.letRoute(scope, 'i-1', attempt());
    expect(await faultFrom(route())).toMatchObject({ type: 'Retryable' });
    await route();
    await route();
    expect(calls[2]?.form).toMatchObject({ InstanceId: 'i-1', 'SourceDestCheck.Value': 'false' });
  });
});

describe('listByUid', () => {
  it('lists what is not terminated, with slot and incarnation from the tags', async () => {
    const tags = { [tagKeys.slot]: 'a3', [tagKeys.incarnation]: '2' };
    const { sessions, calls } = capture(() =>
      reservationsXml([instanceXml('i-1', 'stopping', tags), instanceXml('i-2', 'running')]),
    );
    const facts = await createMachines(sessions, sharedCalls()).listByUid(
      scope,
      'uid-1',
      attempt(),
    );
    expect(facts).toMatchObject([
      { instanceId: 'i-1', slot: 'a3', incarnation: 2, state: 'stopping', agentOnline: false },
      { instanceId: 'i-2', slot: '', incarnation: 0 },
    ]);
    const asked = Object.values(calls[0]?.form ?? {});
    expect(asked).toContain('shutting-down');
    expect(asked).not.toContain('terminated');
  });
});
