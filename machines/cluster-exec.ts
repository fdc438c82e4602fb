/** Which nodes a look by script goes to, and what each is asked. Pure; it changes nothing. */
import type { ClusterContext, NodeEntry } from './cluster-context.ts';
import { scopeOf } from './cluster-context.ts';
import { observeScript, onNode } from './cluster-scripts.ts';
import { nodeName } from './ids.ts';
import type { ExecVerb } from './exec-verbs.ts';
import type { CloudScope } from './messages.ts';

export interface ExecTarget extends CloudScope {
  readonly node: string;
  readonly instanceId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** A node that was named and cannot be asked. */
interface NotAsked {
  readonly path: string;
  readonly code: 'resource.notFound' | 'transition.notAllowed';
  readonly message: string;
}

/** @param nodes names or slots; empty: every node that runs and can answer the verb */
export function execTargets(
  context: ClusterContext,
  nodes: readonly string[],
  verb: ExecVerb,
): { readonly targets: readonly ExecTarget[]; readonly problems: readonly NotAsked[] } {
  const all = Object.entries(context.nodes).map(([slot, entry]) => ({
    ...{ slot, entry },
    node: nodeName(context.name, entry.pool, entry.ordinal, entry.incarnation),
  }));
  const problems: NotAsked[] = [];
  const chosen =
    nodes.length === 0
      ? all.filter(({ entry }) => whyNot(entry, verb) === undefined)
      : [...new Set(nodes)].flatMap((name, index) => {
          const found = all.find(({ slot, node }) => name === slot || name === node);
          const reason =
            found === undefined ? `is no node of ${context.name}` : whyNot(found.entry, verb);
          if (found !== undefined && reason === undefined) return [found];
          const code = found === undefined ? 'resource.notFound' : 'transition.notAllowed';
          problems.push({ path: `nodes[${index}]`, code, message: `${name} ${reason ?? ''}` });
          return [];
        });
  const targets = chosen.map(({ node, entry }) => ({
    ...scopeOf(context),
    ...{ node, instanceId: entry.instanceId },
    parameters: verb === 'check' ? onNode(context, entry) : observeScript(context, entry),
  }));
  return { targets, problems };
}

function whyNot(entry: NodeEntry, verb: ExecVerb): string | undefined {
  if (entry.instanceId === '') return 'has no machine yet';
  if (verb === 'observe' && entry.role !== 'server')
    return 'is an agent: observe asks servers, check asks any node';
  return entry.phase === 'ready' ? undefined : `is ${entry.phase}, not ready`;
}
