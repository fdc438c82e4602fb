/** The page about replication, held against the commands and the words of the service. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { phases } from '../../../machines/replication-context.ts';
import { refuseTransition } from '../../../machines/replication-table.ts';
import { commands, globalFlags } from '../../../src/cli/commands.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { fakeService } from './fake-service.ts';
import { view } from './replication-views.ts';
import { fairlead } from './running.ts';

describe('docs/replication.md', () => {
  const page = readFileSync(join(packageRoot(), 'docs/replication.md'), 'utf8');

  it('shows the move that is allowed and the one that is not, in the words of the service [U-50]', async () => {
    const service = fakeService(view());
    const line = 'promote replication db-1 -n prod --planned --reason user_requested_failover';
    expect(page).toContain(`$ fairlead ${line}`);
    await fairlead(line, service);
    expect(service.orders[0]).toMatchObject({
      arguments: { how: 'planned', reason: 'user_requested_failover' },
    });
    const refusal = refuseTransition('prod/db-1', 'away', {
      ...{ from: 'replica', to: 'source', phase: 'replica.following' },
    });
    expect(page).toContain(refusal.message);
  });

  it('tells what every phase waits for', () => {
    const named = Object.entries(phases).flatMap(([state, steps]) =>
      state === 'absent' ? [] : steps.filter((step) => !page.includes(`.${step}\``)),
    );
    expect(named).toEqual([]);
  });

  it('names only commands and flags that there are', () => {
    const verbs = commands.map((each) => each.name);
    const used = [...page.matchAll(/fairlead ([a-z-]+)/g)].map(([, verb = '']) => verb);
    const known = [...verbs, 'breakers'];
    expect(used.filter((verb) => !known.includes(verb))).toEqual([]);
    const flags = commands.flatMap((each) => each.flags).concat(globalFlags);
    const spelled = flags.map((each) => each.flags).join(' ');
    const named = [...page.matchAll(/--[a-z][a-z-]*/g)].map(([flag]) => flag);
    expect(named.filter((flag) => !spelled.includes(flag))).toEqual([]);
  });
});
