import { describe, expect, it } from 'vitest';
import { registryViews } from '../../../actors/registries.ts';
import { bounds } from '../../../machines/limits.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const clock = new ManualClock();

describe('registries', () => {
  it('answer with the host, in order of name, and only what was asked for', async () => {
    const entries = [
      { name: 'x{a="2"}', metric: 'x', value: 2 },
      { name: 'b', value: 1 },
      { name: 'x{a="1"}', metric: 'x', value: 1 },
    ];
    const views = registryViews({ metric: () => entries }, { hostId: 'h1', clock });
    const asked = await views['metric']?.('survey', { names: ['x'] });
    expect(asked).toMatchObject({
      host: 'h1',
      items: [
        { host: 'h1', name: 'x{a="1"}' },
        { host: 'h1', name: 'x{a="2"}' },
      ],
    });
    expect((await views['metric']?.('get', {}))?.['items']).toHaveLength(3);
  });

  it('end a page before it grows too large, and go on behind its cursor', async () => {
    const pad = 'x'.repeat(1_000);
    const entries = Array.from({ length: 1_000 }, (_, index) => ({
      ...{ name: `n${String(index).padStart(4, '0')}`, pad },
    }));
    const views = registryViews({ metric: () => entries }, { hostId: 'h1', clock });
    const found: string[] = [];
    let after = '';
    for (let page = 0; page < 10; page += 1) {
      const answer = await views['metric']?.('survey', { after });
      expect(JSON.stringify(answer).length).toBeLessThan(bounds.listPageBytesMax * 1.1);
      found.push(...(answer?.['items'] as { name: string }[]).map(({ name }) => name));
      if (answer?.['cursor'] === undefined) break;
      after = answer['cursor'] as string;
    }
    expect(found).toEqual(entries.map(({ name }) => name));
  });

  it('look afresh when they are asked for now', async () => {
    const looks: unknown[] = [];
    const views = registryViews(
      {
        health: (asked) => {
          looks.push(asked);
          return [];
        },
      },
      { hostId: 'h1', clock },
    );
    await views['health']?.('list', {});
    await views['health']?.('survey', { now: true, names: ['ec2'] });
    expect(looks).toEqual([{}, { now: true, names: ['ec2'] }]);
  });
});
