/** Secrets planted in everything the service and the streams may say: none leaves the server. */
import { expect, it } from 'vitest';
import type { Parts } from '../../../../src/inspector/server/parts.ts';
import { Refusal } from '../../../../src/inspector/server/refusal.ts';
import { fakeParts, row, startInspector, tokens } from '../../../fakes/inspector-server.ts';

/** Put together here, so that no scanner takes this file for a leak. */
const canaries = [
  ['AKIA', 'CANARY7EXAMPLE77'],
  ['-----BEGIN PRIVATE', ` KEY-----\n${'canaryPEM'.repeat(4)}\n-----END PRIVATE KEY-----`],
  ['eyJ', 'canaryJWTxyz.eyJcanaryBODY.c2ln'],
  ['K10', 'canary0123456789::server:canaryK3s'],
  ['SU', `${'A'.repeat(50)}CANARY`],
].map((parts) => parts.join(''));
const planted = canaries.join(' and ');
const marks = ['CANARY7EXAMPLE77', 'canaryPEM', 'canaryJWT', 'canaryBODY', 'canaryK3s', 'ACANARY'];

const cloudEvent = {
  ...{ source: '/fairlead/i/cluster/test/one', type: 'fairlead.cluster.failed.v1', by: planted },
  ...{
    time: '2026-01-01T00:00:00Z',
    correlationid: planted,
    data: { reason: planted, [planted]: 1 },
  },
};

function leaking(): Parts {
  const parts = fakeParts();
  const leaks = row('cluster/test/one', { reason: planted, state: planted, region: planted });
  const page = {
    total: 1,
    offset: 0,
    rows: [leaks],
    facets: parts.fleet.rows({ q: '', sort: 'name', offset: 0, limit: 1 }).facets,
    asOfMs: 1,
  };
  const refuse = () => Promise.reject(new Refusal(409, planted, planted, { because: [planted] }));
  return {
    ...parts,
    fleet: { ...parts.fleet, rows: () => page, detail: () => ({ row: leaks }) },
    service: {
      ...parts.service,
      ask: () => Promise.resolve({ [planted]: { deep: [planted] }, status: planted }),
      askAll: () => Promise.resolve([{ host: planted }]),
      send: ({ commandId }) => Promise.resolve({ ok: true, commandId, told: planted }),
      ...{ why: refuse, dryRun: refuse },
      newest: (stream) =>
        Promise.resolve([
          {
            ...{ subject: 'fairlead.v1.dlq.test.cluster.one.pause', atMs: 1 },
            headers: { 'Fairlead-By': planted, 'Fairlead-Correlation-Id': planted },
            body:
              stream === 'events' ? cloudEvent : { problem: { code: planted, message: planted } },
          },
        ]),
    },
  };
}

it('secrets in any field of any answer are named instead of shown', async () => {
  const server = await startInspector(leaking());
  const headers = { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json' };
  const one = '/api/actors/cluster/test/one';
  const reads = ['/api/actors', one, `${one}/why?verb=pause`, `${one}/commands`, '/api/audit'];
  const verbs = ['get', 'list', 'survey', 'history', 'outcome'];
  const paths = [...reads, ...verbs.map((verb) => `/api/read/cluster/test/one/${verb}`)];
  const replies = await Promise.all(paths.map((path) => server.ask(path, { headers })));
  const body = { verb: 'pause' };
  replies.push(await server.ask(`${one}/dry-run`, { method: 'POST', headers, body }));
  const command = { kind: 'cluster', namespace: 'test', name: 'one', verb: 'pause' };
  const sent = { ...command, commandId: '01J0000000000000000000000' };
  replies.push(await server.ask('/api/commands', { method: 'POST', headers, body: sent }));
  for (const { text } of replies) {
    expect(text).toMatch(/\[AWS key id\]/);
    for (const mark of marks) expect(text).not.toContain(mark);
  }
  expect(replies.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
  await server.close();
});
