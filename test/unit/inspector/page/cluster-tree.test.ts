/** A cluster's image as lines of a tree. */
import { describe, expect, it } from 'vitest';
import type { Image } from '../../../../actors/steps/step.ts';
import { stateOf, statePaths } from '../../../../src/inspector/page/state-words.ts';
import { linesOf } from '../../../../src/inspector/page/views/map/tree.ts';

const machine = (src: string, more: Partial<Image> = {}): Image => ({
  ...{ src, status: 'active', value: 'steady', context: {}, children: {} },
  ...more,
});

describe('state paths', () => {
  it('name every leaf, parallel regions side by side', () => {
    expect(statePaths('idle')).toBe('idle');
    expect(statePaths({ running: { health: 'probing', backup: { idle: {} } } })).toBe(
      'running.health.probing, running.backup.idle',
    );
  });

  it('are empty where a call has no states', () => {
    expect(statePaths(undefined)).toBe('');
  });

  it('of a call, and of what has ended, are its status', () => {
    expect(stateOf({ status: 'active', value: { run: 'trying' } })).toBe('run.trying');
    expect(stateOf({ status: 'done', value: 'gone' })).toBe('done');
    expect(stateOf({ status: 'active', value: undefined })).toBe('active');
  });
});

describe('lines', () => {
  const launch = machine('operation', {
    value: 'waitingForCircuit',
    context: { effect: 'ec2.RunInstances', attempt: 3, lastFault: { code: 'Timeout' } },
    children: { call: { src: 'perform', status: 'active', children: {} } },
  });
  const node = machine('node', {
    context: { waiting: { waitingFor: 'circuit', because: 'main/eu-central-1/ec2:mutate' } },
    children: { op: launch },
  });
  const image = machine('cluster', {
    children: {
      'server-10-1': machine('node'),
      'server-2-1': machine('node', { context: { instanceId: 'i-2', privateIp: '10.0.0.2' } }),
      'server-1-1': machine('node', { status: 'done' }),
      'server-3-1': node,
    },
  });

  it('follow numbers as numbers, with what has ended behind', () => {
    expect(linesOf(image).map(({ id }) => id)).toEqual([
      ...['server-2-1', 'server-3-1', 'server-10-1', 'server-1-1'],
    ]);
  });

  it('say what an operation calls, its try, its last fault, and which breaker it waits for', () => {
    const operation = linesOf(image)[1]?.below[0];
    expect(operation).toMatchObject({
      ...{ child: 'server-3-1/op', note: 'ec2.RunInstances, try 3, Timeout' },
      breaker: 'main/eu-central-1/ec2:mutate',
    });
    expect(linesOf(image)[0]?.note).toBe('i-2, 10.0.0.2');
  });

  it('open no chart for a call, which has none', () => {
    expect(linesOf(image)[1]?.below[0]?.below[0]).toMatchObject({ child: '', state: 'active' });
  });
});
