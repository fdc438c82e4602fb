/** What is safe in which of all phases. */
import { describe, expect, it } from 'vitest';
import type {
  EndpointMemory,
  Phase,
  ReplicationContext,
} from '../../../machines/replication-context.ts';
import { phases } from '../../../machines/replication-context.ts';
import {
  isAtRest,
  maySnapshot,
  mayStillWrite,
  mayTurnBack,
  whyNotReconfigure,
} from '../../../machines/replication-safety.ts';
import { inEpochs, risk } from './replication-standing.ts';
import type { Change } from './replication-standing.ts';

describe('in every phase', () => {
  const all = Object.entries(phases).flatMap(([state, names]) =>
    names.map((name) => `${state}.${name}` as Phase),
  );
  const those = (holds: (phase: Phase) => boolean) => all.filter(holds);

  it('a cancel turns back what can be turned back', () => {
    const turnsBack = (more: Partial<EndpointMemory> = {}) =>
      those((phase) => mayTurnBack(inEpochs({ away: { ...more, phase } }), 'away'));
    const wanted = all.filter(
      (phase) =>
        phase.includes('preflight') ||
        phase.startsWith('syncing.') ||
        (phase.startsWith('promoting.') && phase !== 'promoting.compensating') ||
        /^demoting\.(draining|selfFencing|quietWindow|finalSync)$/.test(phase),
    );
    expect(turnsBack()).toEqual(wanted);
    expect(turnsBack({ epoch: 1, fencedBelow: 2 })).toEqual(
      wanted.filter((phase) => phase !== 'demoting.draining'),
    );
  });

  it('a pace is changed where both sides rest in step', () => {
    const rests = ['source.protected', 'source.paused', 'replica.following', 'replica.paused'];
    for (const phase of all) {
      const text = `away is ${phase}: wait until it follows, or pause first`;
      expect(whyNotReconfigure(inEpochs({ away: { phase } }))).toEqual(
        rests.includes(phase) ? [] : [text],
      );
    }
  });

  it('points are taken of a writer on evidence, while nobody takes over', () => {
    const taken = those((phase) => maySnapshot(inEpochs({ home: { phase } })));
    expect(taken).toEqual(
      all.filter(
        (phase) =>
          phase === 'failed.writerIntact' ||
          (phase.startsWith('source.') && phase !== 'source.contested'),
      ),
    );
    for (const more of [{ writer: 'none' }, { lifecycle: 'deleting' }, { isPaused: true }] as const)
      expect(maySnapshot(inEpochs(more))).toBe(false);
    const promoting = { phase: 'promoting.fencing' } as const;
    expect(maySnapshot(inEpochs({ away: promoting }))).toBe(false);
    expect(maySnapshot(inEpochs({ writer: 'away', home: promoting }))).toBe(false);
    const other = { writer: 'away', away: { phase: 'source.exposed' } } as const;
    expect(maySnapshot(inEpochs(other))).toBe(true);
    expect(maySnapshot(inEpochs({ ...other, home: promoting }))).toBe(false);
  });

  it('a deletion waits for what is under way and for what nobody knows; force for the first only', () => {
    const busy = /^(promoting|demoting|syncing)\.|^replica\.testing$|\.reconfiguring$/;
    const atRest = (more: Change = {}, epochs: Partial<EndpointMemory> = {}) =>
      those((phase) => isAtRest(inEpochs({ ...more, away: { ...epochs, phase } })));
    const settled = all.filter((phase) => !busy.test(phase));
    const forced = { isForcedDelete: true };
    const fenced = { epoch: 1, fencedBelow: 2 };
    const known = settled.filter((phase) => phase !== 'failed.indeterminate');
    expect(atRest()).toEqual(known);
    expect(atRest({}, { epoch: 2, fencedBelow: 2 })).toEqual(known);
    expect(atRest({}, fenced)).toEqual(known.filter((phase) => !phase.startsWith('source.')));
    expect([atRest(forced), atRest(forced, fenced)]).toEqual([settled, settled]);
    const operation = { epoch: 2 } as ReplicationContext['operation'];
    expect(atRest({ operation })).toEqual([]);
  });

  it('two write where a person let them, until the older is seen unable to', () => {
    const fenced = { epoch: 1, fencedBelow: 2, writable: 'unknown' } as const;
    const may = (more: Change, away: Partial<EndpointMemory> = {}) =>
      those((phase) =>
        mayStillWrite(inEpochs({ ...more, away: { ...fenced, ...away, phase } }), 'away'),
      );
    const sources = all.filter((phase) => phase.startsWith('source.'));
    expect(may({ riskAccepted: risk(2) })).toEqual(sources);
    expect(may({ riskAccepted: risk(2) }, { writable: 'yes' })).toEqual(sources);
    expect(may({ riskAccepted: risk(2) }, { writable: 'no' })).toEqual([]);
    expect(may({ riskAccepted: risk(2) }, { fencedBelow: 1 })).toEqual([]);
    expect(may({ riskAccepted: risk(2, 5) })).toEqual([]);
    expect(may({ riskAccepted: null })).toEqual([]);
  });
});
