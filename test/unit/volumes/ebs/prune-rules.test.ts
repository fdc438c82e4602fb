/** What pruning takes and what it never takes, as a pure function of what there is. */
import { describe, expect, it } from 'vitest';
import type { ReplicationFacts } from '../../../../machines/replication-effects.ts';
import { safetyTimes } from '../../../../machines/replication-limits.ts';
import type { SnapshotFact, VolumeFact } from '../../../../src/volumes/ebs/lookups.ts';
import { orphans, prunable } from '../../../../src/volumes/ebs/prune-rules.ts';

const hourMs = 3_600_000;
const nowMs = 1_700_000_000_000;
const uid = '01JREPL0000000000000000001';

interface Told {
  readonly seq: number;
  readonly ageHours: number;
  readonly role?: string;
  readonly at?: string;
  readonly commit?: boolean;
  readonly effect?: string;
  readonly id?: string;
  readonly state?: string;
}

function snapshot(told: Told): SnapshotFact {
  const { seq, ageHours, role = 'copy', at = 'home', commit = true, effect = 'copy' } = told;
  const startMs = nowMs - ageHours * hourMs;
  return {
    id: told.id ?? `snap-${role}-${seq}`,
    ...{ volumeId: 'vol-1', state: told.state ?? 'completed', message: '', progress: 100 },
    ...{ startMs, endMs: startMs + 1, seq, epoch: 1 },
    tags: {
      ...{ 'repl:role': role, 'repl:at': at, 'repl:src-vol': 'vol-1', 'repl:member': 'data' },
      ...{ 'repl:seq': String(seq), 'repl:op': `fr-${uid}-e1-${effect}H-s${seq}-m0` },
      ...(commit && role === 'copy' && { 'repl:commit': 'true' }),
    },
  };
}

/** Taken at home and brought away. */
const point = (told: Told): SnapshotFact[] => [
  snapshot({ ...told, role: 'point', effect: told.effect ?? 'snapshot' }),
  snapshot(told),
];

function facts(seqs: readonly number[], more: Partial<ReplicationFacts> = {}): ReplicationFacts {
  const spec = {
    endpoints: {
      home: { account: 'main', region: 'eu-west-1' },
      away: { account: 'main', region: 'eu-central-1' },
    },
    volumes: [{ name: 'data' }],
    retention: { keepLast: 2, minAge: '24h', safetyAge: '7d', onDelete: 'retain' },
  } as unknown as ReplicationFacts['spec'];
  return {
    ...{ uid, namespace: 'prod', name: 'db-1', spec, epoch: 1, writer: 'home' },
    armed: { home: 1, away: 0 },
    points: seqs.map((seq) => ({ seq, pitMs: 1, epoch: 1, at: 'away', isFinal: false })),
    ...{ safety: safetyTimes, isRiskTaken: false },
    ...more,
  };
}

const prune = (of: ReplicationFacts, snapshots: SnapshotFact[], volumes: VolumeFact[] = []) =>
  prunable(of, { snapshots, volumes }, nowMs)
    .map(({ id }) => id)
    .sort();

const volume = (tags: Record<string, string>, more: Partial<VolumeFact> = {}): VolumeFact => ({
  ...{ id: 'vol-9', zone: 'z', state: 'available', type: 'gp3', createdMs: 0, attachments: [] },
  ...{ epoch: Number(tags['repl:epoch'] ?? 0), tags },
  ...more,
});

describe('points', () => {
  it('older than the least age go, but never the newest ones, of which the next copy needs the first', () => {
    const all = [1, 2, 3, 4].flatMap((seq) => point({ seq, ageHours: 100 - seq }));
    expect(prune(facts([1, 2, 3, 4]), all)).toEqual([
      ...['snap-copy-1', 'snap-copy-2', 'snap-point-1', 'snap-point-2'],
    ]);
  });

  it('younger than the least age stay', () => {
    const all = [1, 2, 3, 4].flatMap((seq) => point({ seq, ageHours: 10 - seq }));
    expect(prune(facts([1, 2, 3, 4]), all)).toEqual([]);
  });

  it('that a volume was made of stay', () => {
    const all = [1, 2, 3, 4].flatMap((seq) => point({ seq, ageHours: 100 - seq }));
    const clone = volume({ 'repl:seq': '1', 'repl:role': 'test' });
    expect(prune(facts([1, 2, 3, 4]), all, [clone])).toEqual(['snap-copy-2', 'snap-point-2']);
  });

  it('of a direction that is over stay until the other one has a base of its own', () => {
    const old = [1, 2].flatMap((seq) => point({ seq, ageHours: 100 - seq }));
    const turned = { epoch: 2, writer: 'away', armed: { home: 1, away: 2 }, points: [] } as const;
    expect(prune(facts([], turned), old)).toEqual([]);
    const back = point({ seq: 3, ageHours: 1, at: 'away' });
    const points = [{ seq: 3, pitMs: 1, epoch: 2, at: 'home', isFinal: false }] as const;
    expect(prune(facts([], { ...turned, points }), [...old, ...back])).toEqual([
      ...['snap-copy-1', 'snap-copy-2', 'snap-point-1', 'snap-point-2'],
    ]);
  });

  it('abandoned by a tick go once a later one is committed, whatever their age', () => {
    const all = [
      ...point({ seq: 1, ageHours: 3 }),
      ...point({ seq: 2, ageHours: 2, commit: false }),
      ...point({ seq: 3, ageHours: 1 }),
      ...point({ seq: 4, ageHours: 0, commit: false, state: 'pending' }),
    ];
    expect(prune(facts([1, 3]), all)).toEqual(['snap-copy-2', 'snap-point-2']);
  });

  it('of a transfer that is still on its way stay', () => {
    const all = [
      ...point({ seq: 2, ageHours: 30, commit: false, effect: 'transfer' }),
      ...point({ seq: 3, ageHours: 1 }),
    ];
    expect(prune(facts([3]), all)).toEqual([]);
  });

  it('that the record calls committed stay when their marks are gone', () => {
    const all = [1, 2].flatMap((seq) => point({ seq, ageHours: 1, commit: seq === 2 }));
    expect(prune(facts([1, 2]), all)).toEqual([]);
  });
});

describe('the rest', () => {
  it('a copy that landed a second time goes, and the marked one stays', () => {
    const all = [
      ...point({ seq: 1, ageHours: 1 }),
      snapshot({ seq: 1, ageHours: 1, commit: false, id: 'snap-again' }),
    ];
    expect(prune(facts([1]), all)).toEqual(['snap-again']);
  });

  it('safety snapshots go by their own age', () => {
    const all = [6 * 24, 8 * 24].map((ageHours) =>
      snapshot({ seq: 0, ageHours, role: 'safety', id: `safety-${ageHours}` }),
    );
    expect(prune(facts([]), all)).toEqual(['safety-192']);
  });

  it('only a volume that no writer ever had is an orphan', () => {
    const made = {
      'repl:role': 'volume',
      'repl:epoch': '2',
      'repl:op': `fr-${uid}-e2-materializeA-s1-m0`,
    };
    const of = facts([], { epoch: 3, armed: { home: 3, away: 0 } });
    const found = (each: VolumeFact) => orphans(of, { snapshots: [], volumes: [each] }).length;
    expect(found(volume(made))).toBe(1);
    expect(found(volume({ ...made, 'repl:fenced': 'true' }))).toBe(0);
    expect(found(volume({ ...made, 'repl:epoch': '3' }))).toBe(0);
    expect(
      found(volume(made, { attachments: [{ instanceId: 'i-1', device: 'x', state: 'busy' }] })),
    ).toBe(0);
    expect(found(volume({ ...made, 'repl:op': `fr-${uid}-e0-establishH-s0-m0` }))).toBe(0);
  });
});
