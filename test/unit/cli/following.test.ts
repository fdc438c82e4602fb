import { describe, expect, it } from 'vitest';
import { fakeService } from './fake-service.ts';
import { fakeTerminal } from './fake-terminal.ts';
import { fairlead, finished } from './running.ts';
import { stirring, until } from './stirring.ts';
import { clusterView, installingView } from './views.ts';

describe('fairlead watch', () => {
  it('prints JSON lines off a terminal, one per change', async () => {
    const service = fakeService();
    service.show(
      'web',
      installingView('web', 3),
      installingView('web', 3),
      installingView('web', 4),
      clusterView({ name: 'web' }),
    );
    const terminal = fakeTerminal();
    const work = finished('watch cluster web', service, terminal);
    await stirring(
      service,
      until(() => terminal.stdout().trim().split('\n').length === 3),
    );
    terminal.interrupt();
    expect((await work).exit).toBe(130);
    const states = terminal
      .stdout()
      .trim()
      .split('\n')
      .map(
        (line) => (JSON.parse(line) as { status: { state: string }; revision: number }).revision,
      );
    expect(states).toEqual([3, 4, 7]);
  });

  it('prints rows on a terminal, with one header', async () => {
    const service = fakeService();
    service.show(
      'web',
      installingView('web', 3),
      installingView('web', 3),
      clusterView({ name: 'web' }),
    );
    const terminal = fakeTerminal({ isTty: true, env: { LANG: 'C', NO_COLOR: '1' } });
    const work = finished('watch clusters', service, terminal);
    await stirring(
      service,
      until(() => terminal.stdout().trim().split('\n').length >= 2),
    );
    terminal.interrupt();
    await work;
    expect(terminal.stdout().match(/NAME/g)).toHaveLength(1);
  });

  it('refuses a name that does not exist', async () => {
    expect((await fairlead('watch cluster nope')).exit).toBe(3);
  });
});

describe('fairlead events', () => {
  const event = (name: string, n: number, time: string) => ({
    id: `${name}/${n}`,
    time,
    type: 'fairlead.cluster.phaseChanged.v1',
    source: `/fairlead/here/cluster/default/${name}`,
    data: { from: 'pending.planning', to: 'provisioning.network' },
  });

  it('prints the stored events of all clusters by time', async () => {
    const service = fakeService(clusterView({ name: 'a' }), clusterView({ name: 'b' }));
    service.past.set('a', [
      event('a', 1, '2026-01-02T10:00:00.000Z'),
      event('a', 2, '2026-01-02T10:02:00.000Z'),
    ]);
    service.past.set('b', [event('b', 1, '2026-01-02T10:01:00.000Z')]);
    const { stdout, exit } = await fairlead('events', service);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'TIME                      RESOURCE           EVENT         DETAIL',
      '2026-01-02T10:00:00.000Z  cluster/default/a  phaseChanged  from=pending.planning to=provisioning.network',
    ]);
    expect(stdout.match(/cluster\/default\/./g)?.map((each) => each.at(-1))).toEqual([
      'a',
      'b',
      'a',
    ]);
    expect(exit).toBe(0);
  });

  it('follows without repeating what was stored', async () => {
    const service = fakeService(clusterView({ name: 'a' }));
    const old = event('a', 1, '2026-01-02T10:00:00.000Z');
    service.past.set('a', [old]);
    const terminal = fakeTerminal();
    const work = finished('events cluster a --follow -o jsonl', service, terminal);
    await until(() => terminal.stdout().includes('a/1'));
    service.publish(old);
    service.publish(event('a', 2, '2026-01-02T10:01:00.000Z'));
    await until(() => terminal.stdout().includes('a/2'));
    terminal.interrupt();
    expect((await work).exit).toBe(130);
    expect(terminal.stdout().match(/"id":"a\/1"/g)).toHaveLength(1);
  });

  it('shows the history of one resource, newest entries only with --limit', async () => {
    const service = fakeService(clusterView({ name: 'a' }));
    service.past.set('a', [
      event('a', 1, '2026-01-02T10:00:00.000Z'),
      event('a', 2, '2026-01-02T10:01:00.000Z'),
    ]);
    const { stdout } = await fairlead('history cluster a --limit 1 --no-headers', service);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(stdout).toContain('10:01:00');
  });
});
