import { expect, it } from 'vitest';
import { breakerKey, classOf, kindOf } from '../../../src/aws/call-class.ts';

it.each([
  ['describeInstances', 'read'],
  ['getConsoleOutput', 'read'],
  ['runInstances', 'mutate'],
  ['createTags', 'mutate'],
  ['describeSnapshots', 'read'],
  ['createSnapshots', 'mutate'],
  ['copySnapshot', 'mutate'],
  ['copyVolumes', 'mutate'],
  ['attachVolume', 'mutate'],
  ['enableFastSnapshotRestores', 'mutate'],
  ['disableFastSnapshotRestores', 'teardown'],
  ['detachVolume', 'teardown'],
  ['deleteVolume', 'teardown'],
  ['deleteSnapshot', 'teardown'],
  ['deleteTags', 'teardown'],
  ['authorizeSecurityGroupIngress', 'mutate'],
  ['terminateInstances', 'teardown'],
  ['stopInstances', 'teardown'],
  ['deleteSecurityGroup', 'teardown'],
  ['revokeSecurityGroupIngress', 'teardown'],
  ['modifyInstanceAttribute', 'mutate'],
  ['somethingNew', 'mutate'],
])('%s is a %s call', (operation, expected) => {
  expect(classOf(operation)).toBe(expected);
});

it('lifting the protection of an instance is a teardown call', () => {
  expect(classOf('modifyInstanceAttribute', { DisableApiTermination: { Value: false } })).toBe(
    'teardown',
  );
});

it('fencing a volume for good is a teardown call, as failing launches must never block it', () => {
  const tags = (Key: string) => ({ Tags: [{ Key, Value: 'true' }] });
  expect(classOf('createTags', tags('repl:fenced'))).toBe('teardown');
  expect(classOf('createTags', tags('repl:commit'))).toBe('mutate');
  expect(classOf('modifyInstanceAttribute', { BlockDeviceMappings: [] })).toBe('teardown');
});

it.each([
  ['describeInstances', {}, 'describeMs'],
  ['runInstances', {}, 'mutatingMs'],
  ['runInstances', { DryRun: true }, 'validateMs'],
  ['getCommandInvocation', {}, 'taskStatusMs'],
  ['sendCommand', {}, 'mutatingMs'],
  ['somethingNew', {}, 'mutatingMs'],
])('an attempt of %s %o has the time of %s', (operation, input, expected) => {
  expect(kindOf(operation, input)).toBe(expected);
});

it('R-21: a key names account, region and service, and the class where a service has several', () => {
  const scope = { account: 'main', region: 'eu-central-1' };
  expect(breakerKey(scope, 'ec2', 'runInstances')).toBe('main/eu-central-1/ec2:mutate');
  expect(breakerKey(scope, 'ssm', 'sendCommand')).toBe('main/eu-central-1/ssm');
});
