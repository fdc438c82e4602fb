/** The inspector's real server over a made fleet: real charts, index and feed; walks over the charts instead of machines. */
import { join } from 'node:path';
import { diff } from '../../actors/steps/patch.ts';
import type { Image, Row, Step } from '../../actors/steps/step.ts';
import { systemClock } from '../../src/clock.ts';
import type { StepHead } from '../../src/inspector/api.ts';
import { storedCharts } from '../../src/inspector/chart/stored.ts';
import { openFleet } from '../../src/inspector/fleet.ts';
import { groupingOf } from '../../src/inspector/index/map.ts';
import { QueryProblem } from '../../src/inspector/index/query-problem.ts';
import { digestOf } from '../../src/inspector/server/logins.ts';
import { Refusal } from '../../src/inspector/server/refusal.ts';
import { openInspectorServer } from '../../src/inspector/server/server.ts';
import { packageRoot } from '../../src/package-root.ts';
import { fakeParts, tokens } from '../fakes/inspector-server.ts';
import { quiet, rollsOf } from '../unit/inspector/made-fleet.ts';
import { firstValue, moved, pathOf } from './chart-walk.ts';
import { askedOf, dryRunOf, madeCommands, whyOf } from './made-answers.ts';

const kinds = ['cluster', 'replication', 'replicationgroup', 'guard'] as const;
const regions = ['eu-central-1', 'eu-west-1', 'us-west-2', 'ap-south-1'];
const told = ['QuotaExceeded, vCPU', 'agents 4 of 5 ready', 'peer last observed 6 m ago'];
const reasons = ['', '', '', ...told];
const gone = new Error('no such actor in this world');
const pastMs = 9 * 60_000;

export interface World {
  readonly port: number;
  readonly actors: readonly string[];
  /** Address with the token in its fragment. */
  link(role?: keyof typeof tokens): string;
  /** One committed move of the actor. */
  move(actor: string): void;
  /** NATS is away, or back. */
  cut(isAway: boolean): void;
  /** Streams that are open now. */
  streams(): number;
  readonly sent: { readonly commandId: string; readonly verb: string }[];
  readonly errors: unknown[];
  close(): Promise<void>;
}

interface Life {
  step: Step;
  image: Image;
  readonly steps: { readonly step: Step; readonly image: Image }[];
}

const headOf = ({ image: _image, patch: _patch, row: _row, ...head }: Step): StepHead => head;

/** @param count actors; @param port 0 takes a free one; @param movesEach steps of most actors after their first */
export async function openWorld(
  count: number,
  { port = 0, seed = 1, movesEach = 2, siteFolder = join(packageRoot(), 'dist/inspector') } = {},
): Promise<World> {
  const roll = rollsOf(seed);
  const pick = <Value>(values: readonly Value[]): Value =>
    values[Math.floor(roll() * values.length)] as Value;
  const charts = storedCharts();
  const chartOf = (id: string) => {
    const found = Object.values(charts).find(({ chart }) => chart.id === id);
    if (found === undefined) throw new Error(`no chart of ${id}; run: npm run layouts`);
    return found.chart;
  };
  /** As JSON outside of the heap: what a nats-server would hold is not between what the index reads. */
  const lives = new Map<string, Buffer>();
  const random = { roll, ulid: () => `01J${String(Math.floor(roll() * 1e12)).padStart(23, '0')}` };
  const fleet = await openFleet({ clock: systemClock, random, telemetry: quiet });
  let because = '';
  const open = new Set<string>();

  const childOf = (id: string): Image => {
    let value = firstValue(chartOf(id));
    for (let times = 0; times < 4; times += 1) ({ value } = moved(chartOf(id), value, roll));
    const children = id === 'node' ? { launch: childOf('operation') } : {};
    return { src: id, status: 'active', value, context: { attempt: 1, id }, children };
  };
  const childrenOf = (kind: string): Record<string, Image> =>
    kind !== 'cluster'
      ? {}
      : Object.fromEntries(
          ['server-0-1', 'server-1-1', 'agents-0-1'].map((id) => [id, childOf('node')]),
        );

  const start = (actor: string, atMs: number): Life => {
    const kind = actor.split('/')[0] ?? '';
    const chart = chartOf(kind);
    const image: Image = {
      ...{ src: kind, status: 'active', value: firstValue(chart), children: childrenOf(kind) },
      context: {
        region: pick(regions),
        attempts: 0,
        servers: 3,
        agents: 5,
        k3s: 'v1.33.4+k3s1',
        plan: { number: 1, steps: ['provision', 'install', 'configure'] },
        lastError: null,
      },
    };
    const row: Row = {
      ...{ actor, uid: `uid-${actor}`, state: pathOf(image.value), severity: 'changing' },
      ...{ sinceMs: atMs, reason: '', revision: 1, seq: 1, host: 'h1', region: pick(regions) },
      ...{ expectedMs: 240_000, isGone: false },
    };
    const step: Step = {
      ...{ seq: 1, revision: 1, atMs, actor, uid: row.uid, hash: chart.hash, isRestored: false },
      ...{ taken: [], state: row.state, importance: 'command', correlationId: random.ulid() },
      ...{
        command: { id: random.ulid(), verb: 'create', by: 'ana' },
        host: 'h1',
        fence: 41,
        row,
        image,
      },
    };
    return { step, image, steps: [{ step, image }] };
  };

  const next = (
    { step: last, image: before }: Life,
    atMs: number,
  ): { step: Step; image: Image } => {
    const chart = chartOf(last.actor.split('/')[0] ?? '');
    const { value, edge } = moved(chart, before.value, roll);
    const image: Image = {
      ...before,
      value,
      context: {
        ...before.context,
        attempts: Math.floor(roll() * 6),
        k3s: pick(['v1.33.4+k3s1', 'v1.34.2+k3s1']),
      },
    };
    const state = pathOf(value);
    const row: Row = {
      ...last.row,
      ...{
        state,
        seq: last.seq + 1,
        revision: last.revision + 1,
        sinceMs: atMs - Math.floor(roll() * 60 * 60_000),
      },
      severity: /fail|halt|refus/i.test(state)
        ? 'failing'
        : pick(['healthy', 'healthy', 'changing', 'unknown']),
      ...{ reason: pick(reasons), expectedMs: pick([0, 0, 240_000]) },
    };
    const isCommand = edge?.kind === 'command';
    const step: Step = {
      ...{ seq: row.seq, revision: row.revision, atMs, actor: row.actor, uid: row.uid },
      ...{ hash: chart.hash, isRestored: false, state, host: 'h1', fence: 41, row },
      taken: edge === undefined ? [] : [{ path: '', event: edge.eventType, edges: [edge.id] }],
      importance: isCommand ? 'command' : edge === undefined ? 'tick' : 'change',
      correlationId: random.ulid(),
      ...(isCommand && { command: { id: random.ulid(), verb: edge.label, by: 'ana' } }),
      patch: diff(before, image),
    };
    return { step, image };
  };

  const lifeOf = (actor: string): Life | undefined => {
    const text = lives.get(actor)?.toString();
    return text === undefined ? undefined : (JSON.parse(text) as Life);
  };
  const keep = (life: Life) => lives.set(life.step.actor, Buffer.from(JSON.stringify(life)));
  const hear = (step: Step) => fleet.take(JSON.parse(JSON.stringify(step)) as Step);
  const take = (life: Life, entry: { step: Step; image: Image }) => {
    Object.assign(life, entry);
    life.steps.push(entry);
    hear(entry.step);
  };
  for (let at = 0; at < count; at += 1) {
    const kind = kinds[at % 7 < 4 ? 0 : at % 4] ?? 'cluster';
    const actor = `${kind}/${pick(['prod', 'test', 'edge'])}/${kind.slice(0, 4)}-${at}`;
    const life = start(actor, Date.now() - pastMs);
    hear(life.step);
    const moves = at < 3 ? 24 : movesEach;
    for (let times = 1; times <= moves; times += 1)
      take(life, next(life, Date.now() - pastMs + (times * pastMs) / (moves + 1)));
    keep(life);
  }
  fleet.setState({ status: 'live', sinceMs: 0, lag: 0 });

  const stateOf = (actor: string) => lifeOf(actor)?.step.state ?? '';
  const sent: World['sent'] = [];
  const errors: unknown[] = [];
  const keyed = ({ kind, namespace, name }: { kind: string; namespace: string; name: string }) =>
    `${kind}/${namespace}/${name}`;
  const move = (actor: string) => {
    const life = lifeOf(actor);
    if (life === undefined) throw new Error(`no ${actor} in this world`);
    take(life, next(life, Date.now()));
    keep(life);
  };
  const parts = fakeParts({
    feed: {
      ...fleet.feed,
      open: (request, sink) => {
        const stream = fleet.feed.open(request, sink);
        if ('status' in stream) return stream;
        open.add(stream.sid);
        const close = () => {
          open.delete(stream.sid);
          stream.close();
        };
        return { ...stream, close };
      },
    },
    fleet: {
      rows: (window) => {
        try {
          return fleet.index.page(window);
        } catch (error) {
          if (!(error instanceof QueryProblem)) throw error;
          throw new Refusal(400, error.problem.code, error.problem.message);
        }
      },
      detail: (actor) => {
        const life = lifeOf(actor);
        return life && { row: life.step.row, at: { step: headOf(life.step), image: life.image } };
      },
      map: (group) => {
        const grouping = groupingOf(group);
        if ('code' in grouping) throw new Refusal(400, grouping.code, grouping.message);
        return fleet.maps.read(grouping);
      },
    },
    steps: {
      page: (key, uid, { before = Infinity, after = 0, limit }) => {
        const all = lifeOf(keyed(key))?.steps.map(({ step }) => headOf(step)) ?? [];
        const found = all.filter(({ seq }) => seq > after && seq < before);
        const steps = after > 0 ? found.slice(0, limit) : found.slice(-limit);
        return Promise.resolve({ uid, steps, first: all[0]?.seq ?? 0, last: all.at(-1)?.seq ?? 0 });
      },
      at: (key, _uid, seq) => {
        const found = lifeOf(keyed(key))?.steps.find(({ step }) => step.seq === seq);
        return Promise.resolve(found && { step: headOf(found.step), image: found.image });
      },
    },
    service: {
      ...fakeParts().service,
      readOnlyBecause: () => because,
      ask: (question) =>
        Promise.resolve(askedOf(keyed(question), question.verb, stateOf(keyed(question)))),
      why: (question) =>
        Promise.resolve(whyOf(keyed(question), question.verb, stateOf(keyed(question)))),
      dryRun: (question) => {
        const life = lifeOf(keyed(question));
        return life ? Promise.resolve(dryRunOf(question.verb, life.step)) : Promise.reject(gone);
      },
      send: (command) => {
        sent.push(command);
        move(keyed(command));
        const { revision, state } = lifeOf(keyed(command))?.step ?? { revision: 0, state: '' };
        return Promise.resolve({
          ok: true,
          commandId: command.commandId,
          outcome: 'done',
          revision,
          state,
        });
      },
    },
    charts: {
      list: () => ({ roots: {}, hashes: Object.keys(charts) }),
      text: (hash) => charts[hash] && JSON.stringify(charts[hash]),
    },
    commands: madeCommands,
  });
  const server = await openInspectorServer(
    {
      ...{ host: '127.0.0.1', port, allowedHosts: [], siteFolder },
      logins: (Object.keys(tokens) as (keyof typeof tokens)[]).map((role) => ({
        ...{ role, user: role === 'viewer' ? 'eve' : 'ana', digest: digestOf(tokens[role]) },
      })),
      onAnswered: () => undefined,
      onError: (error) => errors.push(error),
    },
    parts,
  );
  return {
    ...{
      port: server.port,
      actors: [...lives.keys()],
      move,
      sent,
      errors,
      streams: () => open.size,
    },
    link: (role = 'operator') => `http://127.0.0.1:${server.port}/#t=${tokens[role]}`,
    cut(isAway) {
      because = isAway ? 'NATS does not answer: start it again, or wait' : '';
      fleet.setState({
        status: isAway ? 'offline' : 'live',
        sinceMs: isAway ? Date.now() : 0,
        lag: 0,
      });
    },
    async close() {
      await fleet.close();
      await server.close();
    },
  };
}
