import { describe, expect, it } from 'vitest';
import { partitionOf } from '../../../machines/ids.ts';
import * as subjects from '../../../src/nats/subjects.ts';

const to = { namespace: 'shop', kind: 'cluster', name: 'eu-prod', verb: 'apply' };

describe('subjects', () => {
  it('spell address and verb', () => {
    expect(subjects.commandSubject(to)).toBe('fairlead.v1.cmd.shop.cluster.eu-prod.apply');
    expect(subjects.querySubject(to)).toBe('fairlead.v1.qry.shop.cluster.eu-prod.apply');
    expect(subjects.deadLetterSubject(to)).toBe('fairlead.v1.dlq.shop.cluster.eu-prod.apply');
  });

  it('spell events in kebab case', () => {
    expect(subjects.eventSubject(to, 'phaseChanged')).toBe(
      'fairlead.v1.evt.shop.cluster.eu-prod.phase-changed',
    );
  });

  it('match everything that a filter leaves out', () => {
    expect(subjects.eventFilter({})).toBe('fairlead.v1.evt.*.*.*.*');
    expect(subjects.eventFilter({ namespace: 'shop' })).toBe('fairlead.v1.evt.shop.*.*.*');
  });

  it('read a stored command back', () => {
    const stored = `fairlead.v1.pcmd.${partitionOf(to)}.shop.cluster.eu-prod.apply`;
    expect(subjects.parseStoredCommand(stored)).toEqual({ ...to, partition: partitionOf(to) });
  });

  it.each([
    'fairlead.v1.pcmd.1.shop.cluster.eu-prod',
    'fairlead.v1.pcmd.1.shop.cluster.eu-prod._.synced',
    'fairlead.v1.pcmd.x.shop.cluster.eu-prod.apply',
    'fairlead.v1.cmd.shop.cluster.eu-prod.apply',
    'fairlead.v2.pcmd.1.shop.cluster.eu-prod.apply',
  ])('do not take %s for a stored command', (subject) => {
    expect(subjects.parseStoredCommand(subject)).toBeUndefined();
  });

  it.each(['_INBOX.a', '_INBOX.a.b', '_INBOX_ops.Ab3.7'])('take %s for an inbox', (subject) => {
    expect(subjects.isInbox(subject)).toBe(true);
  });

  it.each([
    '',
    '_INBOX',
    '_INBOX.',
    '_INBOX.*',
    '_INBOX.>',
    '_INBOX.a b',
    'x_INBOX.a',
    '$JS.API.STREAM.DELETE.X',
    'fairlead.v1.cmd.shop.cluster.eu.delete',
    `_INBOX.${'a'.repeat(300)}`,
  ])('do not take %j for an inbox', (subject) => {
    expect(subjects.isInbox(subject)).toBe(false);
  });
});
