/** Commands of the open actor: those it would take first, the others with why not. */
import { useEffect } from 'preact/hooks';
import type { CommandInfo } from '../../api.ts';
import { atSeq, detail } from '../actors/focus.ts';
import { cliLine } from '../commands/lines.ts';
import { copied } from '../commands/copy-line.tsx';
import { openCommand, openWhy } from '../commands/open.ts';
import { blockedBecause, commands, commandsProblem, needCommands } from '../commands/registry.ts';
import { onKeys } from '../keys.ts';
import { offers } from '../overlays.ts';
import { readOnlyBecause } from '../store.ts';

export function CommandList({ actor }: { readonly actor: string }) {
  const [kind = '', namespace = '', ...rest] = actor.split('/');
  const name = rest.join('/');
  const own = commands.value.filter((each) => each.kind === kind && !each.creating);
  const allowed = detail.value?.allowed ?? [];
  const isPast = atSeq.value !== null;
  const isKnown = detail.value !== undefined;
  const first = own.filter(({ verb }) => allowed.includes(verb));
  const others = own.filter(({ verb }) => !allowed.includes(verb));
  const open = ({ verb }: CommandInfo) => openCommand({ kind, namespace, name, verb });
  useEffect(() => void needCommands(), []);
  useEffect(
    () =>
      onKeys({
        e: () => {
          const [best] = first;
          if (best !== undefined && !isPast) open(best);
          else openWhy({ actor, verb: '' });
        },
        w: () => openWhy({ actor, verb: others[0]?.verb ?? '' }),
        c: () => void copied(cliLine({ kind, namespace, name, verb: first[0]?.verb ?? 'get' }, {})),
      }),
    [actor, first.length, others.length, isPast],
  );
  useEffect(() => {
    offers.value = isPast
      ? []
      : first.map((info) => ({
          title: `${info.verb} ${namespace}/${name}`,
          hint: 'command',
          run: () => open(info),
        }));
    return () => {
      offers.value = [];
    };
  }, [actor, first.map(({ verb }) => verb).join(' '), isPast]);
  if (own.length === 0 && commandsProblem.value === '') return null;
  return (
    <section>
      <h3>Commands</h3>
      {commandsProblem.value !== '' && <p class="problem">{commandsProblem}</p>}
      {isPast && <p class="muted">This is the past: nothing can be sent. Press l for now.</p>}
      {!isPast && readOnlyBecause.value !== '' && <p class="problem">{readOnlyBecause}</p>}
      <ul class="commands">
        {first.map((info) => {
          const blocked = isPast ? 'This is the past.' : blockedBecause(info);
          return (
            <li key={info.verb}>
              <button
                type="button"
                class={`command ${info.destructive ? 'destructive' : ''}`}
                disabled={blocked !== ''}
                title={blocked || info.help}
                onClick={() => open(info)}
              >
                <b>{info.verb}</b>
                <span class="muted">{info.help}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {isKnown && others.length > 0 && (
        <p class="refused">
          <span class="muted">Not now: </span>
          {others.map(({ verb }) => (
            <button
              key={verb}
              type="button"
              class="refused-command"
              title={`Why can ${verb} not be sent?`}
              onClick={() => openWhy({ actor, verb })}
            >
              <span aria-hidden="true">⊘ </span>
              {verb}
            </button>
          ))}
        </p>
      )}
    </section>
  );
}
