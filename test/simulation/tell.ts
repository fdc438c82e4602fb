/** The story of a seed. */
import { Chance } from './chance.ts';
import { plantedMark } from './cloud/estate.ts';
import { troubleNames } from '../model/replication/hosted/story.ts';
import type { Cast, ClusterPlan, ReplicationPlan, Step, Story } from './story.ts';
import type { Place, StormKind } from './weather.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;

/** What a seed may be told besides its number. */
export interface Wanted {
  /** Default: two or three, as the seed has it. */
  readonly hosts?: number;
}

/** A cluster has mostly been made by then. */
const madeMs = 4 * minuteMs;
const lengthMs = [6 * minuteMs, 14 * minuteMs] as const;
const replicatedLengthMs = [20 * minuteMs, 50 * minuteMs] as const;

export function storyOf(seed: number, wanted: Wanted = {}): Story {
  const chance = new Chance(seed).fork('story');
  const cast = castOf(chance, wanted);
  const isReplicated = cast.replications.length > 0;
  const calmMs = chance.whole(...(isReplicated ? replicatedLengthMs : lengthMs));
  const isBornCalm = chance.is(0.6);
  const fromMs = isBornCalm ? madeMs : 0;
  const steps: readonly (Step | undefined)[] = [
    ...cast.clusters.flatMap((plan, of): Step[] => {
      const atMs = chance.whole(0, 20_000);
      const given = { manifest: clusterManifest(plan) };
      const made: Step = { do: 'order', kind: 'cluster', of, verb: 'apply', atMs, given };
      return [made, ...(chance.is(0.2) ? endedEarly(chance, of, atMs) : [])];
    }),
    ...cast.replications.map((_plan, of): Step => ({
      // The manifest names volumes that are there only when it is time.
      ...{ do: 'order', kind: 'replication', of, verb: 'apply', given: {} },
      atMs: chance.whole(0, 20_000),
    })),
    ...times(chance, [3, 10], () => orderOf(chance, cast, chance.whole(2_000, calmMs))),
    ...times(chance, [1, 7], () => stormOf(chance, chance.whole(fromMs, calmMs))),
    ...times(chance, [1, 6], () => hostStep(chance, cast, chance.whole(fromMs, calmMs))).flatMap(
      (step) => [step, ...(chance.is(0.5) ? burst(chance, cast, step.atMs) : [])],
    ),
    ...times(chance, [0, 2], () => hurtOf(chance, cast, chance.whole(fromMs, calmMs))),
    ...staleReads(new Chance(seed).fork('stale reads'), cast, [fromMs, calmMs]),
    ...(isReplicated
      ? times(chance, [2, 7], () => troubleOf(chance, chance.whole(fromMs, calmMs)))
      : []),
  ];
  // What follows upon another step may fall behind the end of trouble: it comes with it instead.
  const timed = steps.flatMap((each) =>
    each ? { ...each, atMs: Math.min(each.atMs, calmMs) } : [],
  );
  timed.sort((left, right) => left.atMs - right.atMs);
  return { seed, cast, steps: timed, calmMs };
}

const times = <T>(chance: Chance, [min, max]: readonly [number, number], make: () => T): T[] =>
  Array.from({ length: chance.whole(min, max) }, make);

function castOf(chance: Chance, { hosts }: Wanted): Cast {
  const isReplicated = chance.is(0.25);
  const clusters = isReplicated ? chance.whole(0, 1) : chance.whole(1, 3);
  return {
    hosts: hosts ?? chance.pick([2, 2, 3]),
    leaseTtlMs: isReplicated ? 20_000 : chance.pick([5_000, 20_000]),
    scale: 4,
    clusters: Array.from({ length: clusters }, (_none, index): ClusterPlan => ({
      namespace: chance.pick(['shop', 'lab']),
      name: `eu-${index}`,
      servers: chance.pick([1, 1, 3]),
      agents: chance.whole(0, 2),
    })),
    replications: Array.from(
      { length: isReplicated ? chance.pick([1, 1, 2]) : 0 },
      (_none, index): ReplicationPlan => ({
        ...{ namespace: 'prod', name: `db-${index}`, every: chance.pick(['10m', '40m']) },
        fencing: chance.pick(['detach', 'stop', 'stop', 'force', 'terminate']),
        onDelete: chance.pick(['retain', 'remove']),
      }),
    ),
  };
}

export const clusterManifest = ({ namespace, name, servers, agents }: ClusterPlan): object => ({
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'Cluster', metadata: { namespace, name } },
  spec: {
    region: 'eu-central-1',
    servers: { count: servers, instanceTypes: ['m6g.large', 'm7g.large'] },
    agentPools: [{ name: 'web', count: agents, instanceTypes: ['m6g.large', 'm7g.large'] }],
  },
});

/** It is refused, and what is wrong with it is a value that no refusal may repeat. */
const refusedManifest = {
  ...{ apiVersion: 'fairlead.dev/v1', kind: 'Cluster', metadata: `${plantedMark}in-a-name` },
  spec: { region: 'eu-central-1', servers: { count: `${plantedMark}in-a-count` } },
  joinToken: `${plantedMark}of-a-user`,
};

// ---------------------------------------------------------------------------------------------- orders

function orderOf(chance: Chance, cast: Cast, atMs: number): Step | undefined {
  const all = cast.clusters.length + cast.replications.length;
  const pick = chance.whole(0, all - 1);
  const again = chance.is(0.15) ? { againMs: chance.whole(10, 200_000) } : {};
  if (pick < cast.clusters.length) {
    const [verb, given] = clusterOrder(chance);
    return { do: 'order', kind: 'cluster', of: pick, verb, given, atMs, ...again };
  }
  const of = pick - cast.clusters.length;
  if (chance.is(0.15))
    return { do: 'answer', of, what: chance.pick(['override', 'forceOther']), atMs };
  const [verb, given] = replicationOrder(chance);
  return { do: 'order', kind: 'replication', of, verb, given, atMs, ...again };
}

/** Several orders for one resource while a host is in trouble: what was under way and what comes next. */
function burst(chance: Chance, cast: Cast, fromMs: number): (Step | undefined)[] {
  const first = orderOf(chance, cast, fromMs + chance.whole(0, 3_000));
  if (first?.do !== 'order') return [];
  const more = times(chance, [2, 5], () => orderOf(chance, cast, fromMs + chance.whole(0, 20_000)));
  const same = more.filter((each) => each?.do === 'order' && each.kind === first.kind);
  return [first, ...same.map((each) => each && { ...each, of: first.of })];
}

/** A cluster that is deleted while it is being made, and launches are in doubt. */
function endedEarly(chance: Chance, of: number, atMs: number): Step[] {
  const kind = chance.pick(['slow', 'replyLost', 'replyLost', 'requestLost', 'late'] as const);
  const again = { do: 'order', kind: 'cluster', of, verb: 'apply', given: {} } as const;
  return [
    { do: 'storm', atMs, place: 'cloud', kind, share: 0.7, forMs: chance.whole(10_000, 90_000) },
    {
      ...{ do: 'order', kind: 'cluster', of, verb: 'delete', given: { force: true } },
      atMs: atMs + chance.whole(500, 12_000),
    },
    // Sometimes under the same name once more.
    ...(chance.is(0.3) ? [{ ...again, atMs: atMs + chance.whole(200_000, 400_000) }] : []),
  ];
}

/** How often each is ordered, against the others. */
const clusterVerbs = {
  ...{ scaleAgents: 6, scaleServers: 3, stop: 3, start: 4, restart: 3, pause: 2, resume: 3 },
  ...{ retry: 3, cancel: 2, delete: 2, apply: 1 },
};

function clusterOrder(chance: Chance): [string, object] {
  const verb = chance.weighted(clusterVerbs);
  switch (verb) {
    case 'scaleAgents':
      return ['scale', { pool: 'web', count: chance.whole(0, 3) }];
    case 'scaleServers':
      return ['scale', { pool: 'server', count: chance.pick([1, 3, 5]) }];
    case 'delete':
      return ['delete', { force: chance.is(0.3) }];
    case 'apply':
      return ['apply', { manifest: refusedManifest }];
    default:
      return [verb, {}];
  }
}

const replicationVerbs = {
  ...{ failover: 5, failback: 3, relocate: 2, promote: 3, demote: 2, resync: 2, recover: 2 },
  ...{ cancel: 2, pause: 1, resume: 2, sync: 3, 'test-start': 2, 'test-stop': 1, delete: 1 },
};

function replicationOrder(chance: Chance): [string, object] {
  const verb = chance.weighted(replicationVerbs);
  const endpoint = chance.pick(['home', 'away']);
  const how = chance.pick(['planned', 'planned', 'forced']);
  switch (verb) {
    case 'failover':
      return [verb, { how }];
    case 'promote':
      return [verb, { endpoint, how }];
    case 'demote':
    case 'resync':
      return [verb, { endpoint, force: chance.is(0.4) }];
    case 'recover':
    case 'test-stop':
      return [verb, { endpoint }];
    case 'test-start':
      return [verb, { endpoint, force: chance.is(0.5), ttlSeconds: chance.pick([60, 600]) }];
    case 'delete':
      return [verb, { force: chance.is(0.5) }];
    default:
      return [verb, {}];
  }
}

// ---------------------------------------------------------------------------------------------- trouble

const storms: readonly (readonly [Place, readonly StormKind[]])[] = [
  ['store', ['requestLost', 'replyLost', 'late', 'slow', 'conflict', 'twice']],
  ['bus', ['requestLost', 'replyLost', 'slow']],
  ['lease', ['requestLost', 'replyLost', 'late', 'slow']],
  ['results', ['requestLost', 'replyLost', 'late', 'slow', 'conflict']],
  [
    'cloud',
    [
      ...(['requestLost', 'replyLost', 'replyLost', 'late', 'late', 'twice', 'slow'] as const),
      ...(['throttled', 'unavailable', 'denied', 'noCapacity', 'circuit', 'stale'] as const),
      'badMachines',
    ],
  ],
  ['remote', ['requestLost', 'replyLost', 'late', 'twice', 'slow', 'scriptFails', 'throttled']],
];

function stormOf(chance: Chance, atMs: number): Step {
  const [place, kinds] = chance.pick([...storms, ...storms.slice(4, 5), ...storms.slice(4, 5)]);
  return {
    ...{ do: 'storm', atMs, place, kind: chance.pick(kinds) },
    share: chance.pick([0.1, 0.3, 0.5, 0.9]),
    forMs: chance.whole(5 * secondMs, 3 * minuteMs),
  };
}

/** Drawn for itself, as it came later. Records are read when an actor comes into memory, so hosts come and go meanwhile. */
function staleReads(
  chance: Chance,
  cast: Cast,
  [fromMs, untilMs]: readonly [number, number],
): Step[] {
  if (!chance.is(0.1)) return [];
  const atMs = chance.whole(fromMs, untilMs);
  const forMs = chance.whole(minuteMs, 6 * minuteMs);
  const place = chance.pick(['store', 'store', 'results'] as const);
  const storm = { place, kind: 'stale', share: chance.pick([0.3, 0.6, 0.9]) } as const;
  return [
    { do: 'storm', atMs, forMs, ...storm },
    ...times(chance, [1, 4], () => hostStep(chance, cast, chance.whole(atMs, atMs + forMs))),
  ];
}

function hostStep(chance: Chance, { hosts }: Cast, atMs: number): Step {
  const host = chance.whole(0, hosts - 1);
  const kind = chance.weighted({ crash: 6, freeze: 3, cut: 2, restart: 2, skew: 1 });
  switch (kind) {
    case 'crash': {
      const downMs = chance.whole(500, 40_000);
      // Between a command and its answer, a call and its result, a write and what follows it.
      const upon = chance.pick([
        'delivery',
        'delivery',
        '> cloud.',
        '< store.write',
        'now',
      ] as const);
      if (upon !== 'now')
        return { do: 'crash', host, upon, after: chance.whole(1, 12), downMs, atMs };
      // Mostly at once, so that it falls among what the story does there.
      const after = chance.is(0.8) ? chance.whole(1, 400) : chance.whole(400, 5_000);
      return { do: 'crash', host, after, downMs, atMs };
    }
    case 'freeze':
      return { do: 'freeze', host, forMs: chance.whole(1_000, 45_000), atMs };
    case 'cut': {
      const from = chance.pick(['nats', 'cloud'] as const);
      return { do: 'cut', host, from, forMs: chance.whole(1_000, 60_000), atMs };
    }
    case 'restart':
      return { do: 'restart', host, downMs: chance.whole(500, 20_000), atMs };
    case 'skew':
      return { do: 'skew', host, ms: chance.whole(-4_000, 4_000), atMs };
  }
}

function hurtOf(chance: Chance, { clusters }: Cast, atMs: number): Step | undefined {
  if (clusters.length === 0) return undefined;
  const of = chance.whole(0, clusters.length - 1);
  return {
    do: 'hurt',
    of,
    pick: chance.whole(0, 99),
    how: chance.pick(['terminate', 'stop']),
    atMs,
  };
}

function troubleOf(chance: Chance, atMs: number): Step {
  return {
    ...{ do: 'trouble', of: chance.whole(0, 1), name: chance.pick(troubleNames), atMs },
    ...{ side: chance.pick(['home', 'away']), pick: chance.whole(0, 99) },
    forMs: chance.whole(1, 9) * minuteMs,
  };
}
