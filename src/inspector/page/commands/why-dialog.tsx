/** "Why can't I?" for one command of one actor; another command can be chosen. */
import { useEffect, useState } from 'preact/hooks';
import type { CommandHead, Why } from '../../api.ts';
import { actorPath } from '../api-client.ts';
import { Dialog } from '../dialog.tsx';
import { useRead } from '../loaded.ts';
import { openCommand, openedWhy } from './open.ts';
import type { WhyTarget } from './open.ts';
import { blockedBecause, commandOf, commands, commandsProblem, needCommands } from './registry.ts';
import { WhyLines } from './why-lines.tsx';

export function WhyDialog({ target }: { readonly target: WhyTarget }) {
  const [kind = '', namespace = '', ...rest] = target.actor.split('/');
  const name = rest.join('/');
  useEffect(() => void needCommands(), []);
  const verbs = commands.value
    .filter((each) => each.kind === kind && !each.creating)
    .map(({ verb }) => verb);
  const [verb, choose] = useState(target.verb);
  const first = useFirstRefused(verb === '' ? target.actor : undefined, verbs);
  useEffect(() => {
    if (verb === '' && first !== undefined) choose(first);
  }, [verb, first]);
  const path = `${actorPath(target.actor)}/why?verb=${encodeURIComponent(verb)}`;
  const { data, problem, reload } = useRead<Why>(verb === '' ? undefined : path);
  const info = commandOf(kind, verb);
  const here = info === undefined ? '' : blockedBecause(info);
  return (
    <Dialog title="Why can't I?" onClose={() => (openedWhy.value = null)}>
      <div class="spread">
        <label>
          <span class="muted">Command </span>
          <select
            aria-label="Command"
            value={verb}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            {[...new Set([verb, ...verbs])].filter(Boolean).map((each) => (
              <option key={each} value={each}>
                {each}
              </option>
            ))}
          </select>
        </label>
        <span class="muted mono">{target.actor}</span>
      </div>
      {here !== '' && (
        <ul class="because">
          <li class="no">
            <span aria-hidden="true">✖</span>
            <span>{here}</span>
          </li>
        </ul>
      )}
      {problem !== '' && <p class="problem">{problem}</p>}
      {verb === '' && commandsProblem.value !== '' && <p class="problem">{commandsProblem}</p>}
      {data === undefined ? (
        problem === '' && <p class="muted">Asking …</p>
      ) : (
        <WhyLines why={data} />
      )}
      <div class="buttons">
        <button type="button" onClick={reload}>
          Ask again
        </button>
        {verb !== '' && data?.allowed !== 'no' && here === '' && (
          <button
            type="button"
            class="primary"
            onClick={() => {
              openedWhy.value = null;
              openCommand({ kind, namespace, name, verb });
            }}
          >
            {verb} …
          </button>
        )}
      </div>
    </Dialog>
  );
}

/** The verb to begin with where none was named: of those that are refused now, else any. Undefined until it is known. */
function useFirstRefused(actor: string | undefined, verbs: readonly string[]): string | undefined {
  const path = actor === undefined ? undefined : `${actorPath(actor)}/commands`;
  const { data, problem } = useRead<{ readonly items: readonly CommandHead[] }>(path);
  if (data === undefined) return problem === '' ? undefined : verbs[0];
  const refused = data.items.filter(({ allowed }) => allowed === 'no');
  return verbs.find((verb) => refused.some(({ command }) => command === verb)) ?? verbs[0];
}
