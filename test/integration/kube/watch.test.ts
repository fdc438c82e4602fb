import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { KubeNews, KubeRef } from '../../../actors/kube-port.ts';
import { attempt, direct } from './ways.ts';
import type { DirectWay } from './ways.ts';

const ref = (name: string): KubeRef => ({ kind: 'VolumeReplication', namespace: 'prod', name });

let way: DirectWay;
let ending: AbortController;
let heard: string[];
let watched: Promise<void>;

const told = (news: KubeNews): string => {
  if (news.type === 'synced') return `synced ${String(news.objects.length)}`;
  return news.type === 'lost' ? 'lost' : `${news.type} ${news.object.metadata.name}`;
};
const hears = (...last: string[]) =>
  vi.waitFor(() => {
    expect(heard.slice(-last.length)).toEqual(last);
  }, 8_000);
const isWatched = () =>
  vi.waitFor(() => {
    expect(way.server.watches()).toBe(1);
  }, 8_000);

beforeEach(async () => {
  way = await direct();
  way.server.seed(ref('a'), { spec: {} });
  ending = new AbortController();
  heard = [];
  watched = way.port.watch(
    { kind: 'VolumeReplication', namespace: 'prod' },
    (news) => heard.push(told(news)),
    attempt(ending.signal),
  );
  await isWatched();
});
afterEach(async () => {
  ending.abort();
  await watched;
  await way.stop();
});

it('tells everything first, then each change, and ends with its signal', async () => {
  await hears('synced 1');
  way.server.seed(ref('b'), { spec: {} });
  way.server.seed({ ...ref('c'), namespace: 'other' }, { spec: {} });
  way.server.setStatus(ref('a'), { state: 'Primary' });
  way.server.remove(ref('b'));
  await hears('changed b', 'changed a', 'removed b');
});

it('tells that it lost the server, and everything again after it is back', async () => {
  way.server.trouble({ status: 503, times: 2 });
  way.server.cutWatches();
  await hears('lost', 'lost', 'lost', 'synced 1');
  await isWatched();
  way.server.seed(ref('b'), { spec: {} });
  await hears('changed b');
});

it('goes on from a bookmark, and lists again when its version is gone', async () => {
  way.server.seed({ ...ref('x'), namespace: 'other' }, { spec: {} });
  way.server.bookmark();
  way.server.compact();
  const lists = () => way.server.seen.filter(({ query }) => query['limit'] !== undefined).length;
  expect(lists()).toBe(1);
  way.server.seed(ref('b'), { spec: {} });
  await hears('changed b');
  way.server.seed({ ...ref('y'), namespace: 'other' }, { spec: {} });
  way.server.compact();
  way.server.endWatches();
  await hears('synced 2');
  expect(lists()).toBe(2);
});

it('refuses at once to watch what the cluster does not serve', async () => {
  const bare = await direct({ without: ['NetworkFence'] });
  const asked = bare.port.watch({ kind: 'NetworkFence' }, () => undefined, attempt());
  await expect(asked).rejects.toMatchObject({ fault: { code: 'kube.notServed' } });
  await bare.stop();
});
