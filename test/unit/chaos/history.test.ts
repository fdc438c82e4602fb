/** A stream is followed past a message that its book cannot read, and that is told. */
import { expect, it, vi } from 'vitest';
import type { Connection } from '../../../src/nats/connection.ts';
import { follow } from '../../chaos/run/history.ts';

/** A stream of these bodies; what is asked of it again begins behind the last one that was given. */
function streamOf(bodies: readonly string[]): Connection {
  const get = (_stream: string, { opt_start_seq: first }: { readonly opt_start_seq: number }) => {
    const messages = bodies.map((body, index) => ({ seq: index + 1, string: () => body }));
    const rest = messages.filter(({ seq }) => seq >= first);
    const consumed = Object.assign(rest, { stop: () => undefined });
    return Promise.resolve({ consume: () => Promise.resolve(consumed) });
  };
  const info = () => Promise.resolve({ state: { last_seq: bodies.length } });
  return {
    ask: <T>(question: () => Promise<T>) => question(),
    ...{ nc: { isClosed: () => false }, js: { consumers: { get } }, jsm: { streams: { info } } },
  } as unknown as Connection;
}

it('hands over what comes behind a message that cannot be read, each once, and tells of that one', async () => {
  const [read, odd]: [unknown[], string[]] = [[], []];
  const following = follow(
    streamOf(['1', 'not JSON', '3']),
    'S',
    (message) => void read.push(JSON.parse(message.string())),
    (text) => void odd.push(text),
  );
  await vi.waitUntil(() => following.isCaughtUp());
  following.stop();
  expect(read).toEqual([1, 3]);
  expect(odd).toEqual([expect.stringMatching(/^S, message 2: .*JSON/)]);
});
