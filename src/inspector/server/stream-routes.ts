/** The stream of a page over SSE, and what it looks at. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { ViewRequest } from '../api.ts';
import { streamHeaders } from '../feed/feed.ts';
import type { Refused, Sink } from '../feed/feed.ts';
import { checked } from './body.ts';
import { sessionOf } from './host-routes.ts';
import type { Login } from './logins.ts';
import type { Parts } from './parts.ts';
import { Refusal } from './refusal.ts';
import type { Route } from './router.ts';

const actorName = z.string().max(200);
const openingQuery = z.object({
  focus: actorName.optional(),
  last: z.string().max(100).optional(),
});

const viewBody = z.strictObject({
  window: z
    .strictObject({
      q: z.string().max(limits.queryCharactersMax),
      sort: z.enum(['severity', 'name', 'since', 'state']),
      offset: z.int().min(0),
      limit: z.int().min(1).max(limits.rowsMax),
    })
    .optional(),
  focus: actorName.nullable().optional(),
  isHidden: z.boolean().optional(),
});

/** Who a stream belongs to: another login may not move it. */
const ownerOf = ({ role, user }: Login): string => `${role} ${user}`;

export function streamRoutes({ feed }: Parts): Route[] {
  return [
    {
      ...{ method: 'POST', role: 'viewer', path: '/api/stream/:sid/view' },
      answer: ({ login, body, parts: { sid = '' } }) => {
        const refused = feed.view(sid, ownerOf(login), viewOf(checked(viewBody, body, 'body')));
        if (refused !== undefined) throw asRefusal(refused);
        return { status: 204 };
      },
    },
  ];
}

function viewOf({ window, focus, isHidden }: z.infer<typeof viewBody>): ViewRequest {
  return {
    ...(window !== undefined && { window }),
    ...(focus !== undefined && { focus }),
    ...(isHidden !== undefined && { isHidden }),
  };
}

interface Opening {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
}

/** @throws Refusal 400 for a query it cannot read, 429 when the feed takes no more streams */
export function openStream(
  parts: Parts,
  login: Login,
  { request, response, query }: Opening,
): void {
  const { focus, last } = checked(openingQuery, Object.fromEntries(query), 'query');
  const lastEventId = request.headers['last-event-id'] ?? last;
  const wanted = {
    session: sessionOf(parts, login),
    login: ownerOf(login),
    ...(lastEventId !== undefined && { lastEventId: String(lastEventId) }),
    ...(focus !== undefined && { focus }),
  };
  const opened = parts.feed.open(wanted, sinkOf(response));
  if ('status' in opened) throw asRefusal(opened);
  response.once('close', () => opened.close());
}

/** The head goes out with the first line, so that a refusal can still be one. */
function sinkOf(response: ServerResponse): Sink {
  return {
    write: (text) => {
      if (!response.headersSent) {
        response.writeHead(200, streamHeaders);
        // Every line is on its way at once, and a silent client ends with its connection.
        response.socket?.setNoDelay(true);
      }
      return response.write(text);
    },
    get writableLength() {
      return response.writableLength;
    },
    end: () => void response.end(),
    destroy: () => void response.destroy(),
  };
}

function asRefusal({ status, problem: { code, message, ...fields } }: Refused): Refusal {
  return new Refusal(status, code, message, fields);
}
