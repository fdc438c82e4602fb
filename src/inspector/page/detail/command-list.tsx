/** Commands of the open actor: those it would take first, the others with why not. */
import { useEffect } from 'preact/hooks';
import type { CommandHead, CommandInfo } from '../../api.ts';
import { atSeq, detail } from '../actors/focus.ts';
import { actorPath } from '../api-client.ts';
import { cliLine } from '../commands/lines.ts';
import { copied } from '../commands/copy-line.tsx';
import { openCommand, openWhy } from '../commands/open.ts';
import { blockedBecause, commands, commandsProblem, needCommands } from '../commands/registry.ts';
import { useKeys } from '../keys.ts';
import { useRead } from '../loaded.ts';
import { offers, overlay } from '../overlays.ts';
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
  const idle = useIdle(actor, others.length > 0 && !isPast);
  const refused = others.filter(({ verb }) => idle?.includes(verb) !== true);
  const without = others.filter(({ verb }) => idle?.includes(verb) === true);
  // As long as nobody knows which ones are refused, the dialog finds out.
  const asked = idle === undefined ? undefined : (refused[0] ?? others[0]);
  // One key should not lead to what cannot be taken back.
  const mild = first.find(({ destructive }) => !destructive);
  const open = ({ verb }: CommandInfo) => openCommand({ kind, namespace, name, verb });
  useEffect(() => void needCommands(), []);
  useKeys({
    e: () => {
      if (isPast || first.length === 0) openWhy({ actor, verb: '' });
      else if (mild === undefined) overlay.value = 'palette';
      else open(mild);
    },
    w: () => openWhy({ actor, verb: asked?.verb ?? '' }),
    c: () => void copied(cliLine({ kind, namespace, name, verb: mild?.verb ?? 'get' }, {})),
  });
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
      {isKnown && <Others actor={actor} title="Not now" sign="⊘" verbs={refused} />}
      {isKnown && <Others actor={actor} title="Would change nothing" sign="=" verbs={without} />}
    </section>
  );
}

/** Verbs that would be taken as they are and change nothing; read anew with every state. Undefined until they are known. */
function useIdle(actor: string, isWanted: boolean): readonly string[] | undefined {
  const path = `${actorPath(actor)}/commands?state=${encodeURIComponent(detail.value?.row.state ?? '')}`;
  const { data } = useRead<{ readonly items: readonly CommandHead[] }>(isWanted ? path : undefined);
  return data?.items
    .filter(({ allowed, unchanged }) => allowed === 'yes' && unchanged)
    .map(({ command }) => command);
}

interface OthersProps {
  readonly actor: string;
  readonly title: string;
  readonly sign: string;
  readonly verbs: readonly CommandInfo[];
}

/** Commands without a button of their own: each says why. */
function Others({ actor, title, sign, verbs }: OthersProps) {
  if (verbs.length === 0) return null;
  return (
    <p class="refused">
      <span class="muted">{title}: </span>
      {verbs.map(({ verb }) => (
        <button
          key={verb}
          type="button"
          class="refused-command"
          title={`Why can ${verb} not be sent?`}
          onClick={() => openWhy({ actor, verb })}
        >
          <span aria-hidden="true">{sign} </span>
          {verb}
        </button>
      ))}
    </p>
  );
}
