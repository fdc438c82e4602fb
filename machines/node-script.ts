/** Running one script to its end: while it says that it goes on, it is called again under the same id. */
import type { NodeContext, NodePhase } from './node-context.ts';
import { nodeSetup, runScript } from './node-setup.ts';

/** Where a script state goes on, and what it notes on its way there. */
interface ScriptEnds {
  readonly worked: {
    readonly target: string;
    readonly actions?: readonly ('reportReady' | 'noteOut' | 'noteUncordoned')[];
  };
  /** The first whose guard holds; the last one has none. */
  readonly failed: readonly {
    readonly guard?: 'isQuorumUnsafe';
    readonly target: string;
    readonly resume?: NodeContext['resume'];
  }[];
}

export const scriptRun = (phase: NodePhase, { worked, failed }: ScriptEnds) =>
  ({
    initial: 'calling',
    states: {
      calling: nodeSetup.createStateConfig({
        invoke: {
          ...runScript,
          onDone: [
            {
              guard: 'scriptRuns',
              target: 'following',
              actions: ['noteProgress', { type: 'report', params: { phase } }],
            },
            {
              guard: 'scriptWorked',
              target: worked.target,
              actions: ['noteProgress', ...(worked.actions ?? []), 'dropScript'],
            },
            ...failed.map(({ resume = 'checking', ...each }) => ({
              ...each,
              actions: { type: 'noteScriptFault' as const, params: { resume } },
            })),
          ],
        },
      }),
      following: nodeSetup.createStateConfig({ after: { scriptAgain: 'calling' } }),
    },
  }) as const;
