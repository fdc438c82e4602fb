/** Answers the query `exec` of a cluster: one read-only script on many nodes at once, and what each of them said. */
import type { ClusterContext } from '../machines/cluster-context.ts';
import { execTargets } from '../machines/cluster-exec.ts';
import type { ExecTarget } from '../machines/cluster-exec.ts';
import type { ExecVerb } from '../machines/exec-verbs.ts';
import { toEffectFault } from './faults.ts';
import type { FanOut, Outcome } from './policies/fan-out.ts';
import type { Remote } from './ports.ts';
import type { Look } from './queries/asked.ts';

interface ExecArguments {
  /** The caller's own id: asked again with it, a node that was asked is not asked twice. */
  readonly id: string;
  readonly nodes: readonly string[];
  readonly verb: ExecVerb;
  readonly concurrency?: number;
  readonly timeoutMs: number;
}

type Answer = Awaited<ReturnType<Remote['run']>>;

export function clusterExec({
  remote,
  fanOut,
}: {
  readonly remote: Remote;
  readonly fanOut: Pick<FanOut, 'run'>;
}): Look {
  /** Looks under way by id: whoever asks again while one is, gets its answer. */
  const running = new Map<string, ReturnType<Look>>();

  async function look(context: ClusterContext, args: ExecArguments): ReturnType<Look> {
    const { id, nodes, verb, concurrency, timeoutMs } = args;
    const { targets, problems } = execTargets(context, nodes, verb);
    if (problems.length > 0) {
      const message = `${problems.length} of ${nodes.length} nodes cannot be asked.`;
      return { refusal: { code: 'command.malformed', message, problems } };
    }
    const { signal } = new AbortController();
    const attempt = { signal, correlationId: id, priority: 'user' as const };
    const report = await fanOut.run(
      { kind: 'exec', attempt, widthMax: concurrency, timeoutMs },
      targets,
      ({ node: _node, ...target }, within) =>
        remote.run({ ...target, verb, opId: `${verb}-${id}`, mayBeSent: true }, within),
    );
    const { ok, failed, total, durationMs, atOnce, outcomes } = report;
    return {
      body: {
        ...{ verb, ok, failed, total, durationMs: Math.round(durationMs), concurrency: atOnce },
        results: Object.fromEntries(
          targets.map((target, index) => [target.node, resultOf(target, outcomes[index])]),
        ),
      },
    };
  }

  return (context, given) => {
    const args = given as unknown as ExecArguments;
    const known = running.get(args.id);
    if (known !== undefined) return known;
    const asked = look(context as ClusterContext, args).finally(() => running.delete(args.id));
    running.set(args.id, asked);
    return asked;
  };
}

/** A script that says `ok: false` has answered: the node's own word, not a failure of asking. */
function resultOf({ instanceId }: ExecTarget, outcome: Outcome<Answer> | undefined) {
  if (outcome?.ok === true) {
    const { ok, code, facts, hint } = outcome.value;
    return { instanceId, ok, code, facts, hint };
  }
  const { type, code, message } = toEffectFault(outcome?.thrown);
  return { instanceId, ok: false, code, fault: { type, code, message } };
}
