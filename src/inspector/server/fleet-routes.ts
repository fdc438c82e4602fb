/** Routes about actors: the list, one of them, its steps, why a command would not be taken, the map. */
import { z } from 'zod';
import { jsonFlaw } from '../../../actors/json-flaw.ts';
import { inspectorServer as limits } from '../../../machines/limits-inspector-server.ts';
import type { ActorDetail, RowsPage, Sort } from '../api.ts';
import { mapBytes } from '../index/map.ts';
import { checked } from './body.ts';
import type { ActorKey, Fleet, Parts } from './parts.ts';
import { Refusal, refusal } from './refusal.ts';
import type { Answer } from './replies.ts';
import type { Asked, Route } from './router.ts';

const sorts = ['severity', 'name', 'since', 'state'] as const satisfies readonly Sort[];
const count = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const windowQuery = z.object({
  q: z.string().max(limits.queryCharactersMax).default(''),
  sort: z.enum(sorts).default('severity'),
  offset: count.default(0),
  limit: count.min(1).max(limits.rowsMax).default(limits.rowsMax),
});

const stepsQuery = z.object({
  before: count.optional(),
  after: count.optional(),
  limit: count.min(1).max(limits.stepsMax).default(limits.stepsMax),
});

const whyQuery = z.object({ verb: z.string().min(1).max(63), arguments: z.string().optional() });
const dryRunBody = z.strictObject({
  verb: z.string().min(1).max(63),
  arguments: z.unknown().optional(),
});

export function fleetRoutes(parts: Parts): Route[] {
  const viewer = { method: 'GET', role: 'viewer' } as const;
  const actor = '/api/actors/:kind/:namespace/:name';
  return [
    {
      ...{ ...viewer, path: '/api/actors' },
      answer: ({ query }): { value: RowsPage } => ({
        value: parts.fleet.rows(checked(windowQuery, Object.fromEntries(query), 'query')),
      }),
    },
    { ...viewer, path: actor, answer: async (asked) => ({ value: await detailOf(parts, asked) }) },
    { ...viewer, path: `${actor}/steps`, answer: (asked) => stepsOf(parts, asked) },
    { ...viewer, path: `${actor}/at/:seq`, answer: (asked) => atOf(parts, asked) },
    {
      ...{ ...viewer, path: `${actor}/why` },
      answer: async ({ parts: path, query }) => {
        const { verb, arguments: text } = checked(whyQuery, Object.fromEntries(query), 'query');
        const given = { ...keyOf(path), verb, arguments: parsedArguments(text) };
        return { value: await parts.service.why(given) };
      },
    },
    {
      ...{ ...viewer, path: `${actor}/commands` },
      answer: async ({ parts: path }) => ({
        value: await parts.service.ask({ ...keyOf(path), verb: 'commands' }),
      }),
    },
    {
      ...{ method: 'POST', role: 'viewer', path: `${actor}/dry-run` },
      answer: async ({ parts: path, body }) => ({
        value: await parts.service.dryRun({ ...keyOf(path), ...checked(dryRunBody, body, 'body') }),
      }),
    },
    { ...viewer, path: '/api/map', answer: (asked) => mapOf(parts.fleet, asked) },
  ];
}

export const keyOf = (path: Readonly<Record<string, string>>): ActorKey => ({
  kind: path['kind'] ?? '',
  namespace: path['namespace'] ?? '',
  name: path['name'] ?? '',
});

/** `args=` and `arguments=` of a query string. */
export function parsedArguments(text: string | undefined): unknown {
  if (text === undefined || text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw refusal(
      'badRequest',
      `the arguments are no JSON: ${jsonFlaw(error)}; write one JSON object`,
    );
  }
}

function rowOf({ fleet }: Parts, key: ActorKey) {
  const actor = `${key.kind}/${key.namespace}/${key.name}`;
  const found = fleet.detail(actor);
  if (found !== undefined) return found;
  throw refusal('notFound', `no actor ${actor} is known here; look at /api/actors for those known`);
}

/** The picture comes from the steps; `view` is left out while no host answers. */
async function detailOf(parts: Parts, { parts: path }: Asked): Promise<ActorDetail> {
  const key = keyOf(path);
  const { row, ...remembered } = rowOf(parts, key);
  const [stored, view] = await Promise.all([
    remembered.at ?? parts.steps.at(key, row.uid, row.seq),
    parts.service.ask({ ...key, verb: 'get' }).catch(missing),
  ]);
  if (stored === undefined)
    throw refusal(
      'unavailable',
      `step ${row.seq} of it is not kept any more; ask again after its next`,
    );
  return {
    ...{ row, image: stored.image, hash: stored.step.hash, allowed: allowedOf(view) },
    ...(view !== undefined && { view }),
  };
}

/** Without it the rest is still worth showing; what else went wrong is told. */
function missing(error: unknown): undefined {
  if (error instanceof Refusal) return undefined;
  throw error;
}

function allowedOf(view: Readonly<Record<string, unknown>> | undefined): readonly string[] {
  const allowed = view?.['allowedNext'];
  return Array.isArray(allowed) ? allowed.map(String) : [];
}

async function stepsOf(parts: Parts, { parts: path, query }: Asked): Promise<Answer> {
  const { before, after, limit } = checked(stepsQuery, Object.fromEntries(query), 'query');
  const key = keyOf(path);
  const { row } = rowOf(parts, key);
  const uid = query.get('uid') ?? row.uid;
  const value = await parts.steps.page(key, uid, {
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    limit,
  });
  return { value };
}

async function atOf(parts: Parts, { parts: path, query }: Asked): Promise<Answer> {
  const key = keyOf(path);
  const uid = query.get('uid') ?? rowOf(parts, key).row.uid;
  const value = await parts.steps.at(key, uid, Number(path['seq']));
  if (value !== undefined) return { value };
  throw refusal(
    'notFound',
    `step ${path['seq'] ?? ''} is not kept; /steps tells the oldest that is`,
  );
}

const binary = 'application/octet-stream';

/** As JSON the head has the cells beside it, in base64. */
function mapOf(fleet: Fleet, { query, headers }: Asked): Answer {
  const { head, cells, etag } = fleet.map(query.get('group') ?? 'region,kind');
  const cached = { etag, 'cache-control': 'private, no-cache', vary: 'Accept' };
  if (headers['if-none-match'] === etag) return { status: 304, headers: cached };
  if (headers.accept?.includes(binary) !== true)
    return { value: { ...head, cells: Buffer.from(cells).toString('base64') }, headers: cached };
  const bytes = mapBytes({ head, cells });
  return { bytes, headers: { ...cached, 'content-type': binary } };
}
