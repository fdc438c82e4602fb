/** Routes about this host: who is logged in, its charts, its health and metrics. */
import type { SessionInfo } from '../api.ts';
import type { Login } from './logins.ts';
import type { Parts } from './parts.ts';
import { refusal } from './refusal.ts';
import type { Answer } from './replies.ts';
import type { Route } from './router.ts';
import type { Sessions } from './sessions.ts';

export const sessionOf = (parts: Parts, { role, user }: Login): SessionInfo => ({
  ...{ role, user },
  hostId: parts.hostId,
  version: parts.version,
  installation: parts.installation,
  readOnlyBecause: parts.service.readOnlyBecause(),
});

export function hostRoutes(parts: Parts, sessions: Sessions): Route[] {
  const { charts, health } = parts;
  const viewer = { method: 'GET', role: 'viewer' } as const;
  const wholeHealth: Route['answer'] = ({ query }) => {
    const { status, body } = health.whole(query.has('verbose'));
    return { status, value: body };
  };
  return [
    {
      ...{ ...viewer, path: '/api/session' },
      answer: ({ login }) => ({ value: sessionOf(parts, login) }),
    },
    {
      ...{ method: 'DELETE', role: 'viewer', path: '/api/session' },
      answer: ({ headers }) => ({
        status: 204,
        headers: { 'set-cookie': sessions.close(headers.cookie) },
      }),
    },
    { ...viewer, path: '/api/charts', answer: () => ({ value: charts.list() }) },
    {
      ...{ ...viewer, path: '/api/charts/:hash' },
      answer: ({ parts: { hash = '' } }) => chartOf(charts.text(hash)),
    },
    // For the page a host that is not well is an answer, not a failure.
    {
      ...{ ...viewer, path: '/api/health' },
      answer: ({ query }) => ({ value: health.whole(query.has('verbose')).body }),
    },
    { ...viewer, path: '/healthz', answer: wholeHealth },
    {
      ...{ ...viewer, path: '/metrics' },
      answer: async () => {
        const { contentType, text } = await health.metrics();
        return { bytes: text, headers: { 'content-type': contentType } };
      },
    },
  ];
}

/** Under its hash a chart never changes. */
function chartOf(text: string | undefined): Answer {
  if (text === undefined)
    throw refusal('notFound', 'no chart has this hash here; /api/charts lists those known');
  return {
    bytes: text,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'private, max-age=31536000, immutable',
    },
  };
}
