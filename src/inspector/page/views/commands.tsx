/** `/commands/<kind>/<verb>?ns=&name=`: every command there is, and a form for each. */
import { useEffect, useState } from 'preact/hooks';
import type { CommandInfo, RowsPage } from '../../api.ts';
import { CommandForm } from '../commands/command-dialog.tsx';
import { commands, commandsProblem, needCommands } from '../commands/registry.ts';
import { goQuery, place } from '../location.ts';
import { useRead } from '../loaded.ts';
import { exampleOf } from './commands/examples.ts';
import { RepliesList } from './commands/replies-list.tsx';

export function CommandsView() {
  useEffect(() => void needCommands(), []);
  const [, kind = '', verb = ''] = place.value.path;
  const chosen = commands.value.find((each) => each.kind === kind && each.verb === verb);
  return (
    <div class={`orders ${chosen === undefined ? 'none-chosen' : ''}`}>
      <nav class="orders-list" aria-label="Commands">
        {commandsProblem.value !== '' && <p class="problem">{commandsProblem}</p>}
        {[...new Set(commands.value.map((each) => each.kind))].map((each) => (
          <Kind key={each} kind={each} chosen={chosen} />
        ))}
      </nav>
      <div class="orders-form">
        {chosen === undefined ? (
          <p class="muted">
            {kind === '' || commands.value.length === 0
              ? 'Choose a command: its form, its preview and its lines for the CLI are shown here.'
              : `There is no command ${verb} of ${kind}. Choose one of the list.`}
          </p>
        ) : (
          <Chosen key={`${kind} ${verb}`} info={chosen} />
        )}
        <RepliesList />
      </div>
    </div>
  );
}

interface KindProps {
  readonly kind: string;
  readonly chosen: CommandInfo | undefined;
}

function Kind({ kind, chosen }: KindProps) {
  const { query } = place.value;
  // Names of one kind are not those of another.
  const rest = kind === chosen?.kind && query.size > 0 ? `?${query.toString()}` : '';
  return (
    <section>
      <h2 class="caps">{kind === 'guard' ? 'breakers' : kind}</h2>
      <ul>
        {commands.value
          .filter((each) => each.kind === kind)
          .map((info) => (
            <li key={info.verb}>
              <a
                href={`/commands/${kind}/${info.verb}${rest}`}
                aria-current={info === chosen ? 'page' : undefined}
              >
                <b>{info.verb}</b>
                <span class="muted">{info.help}</span>
                <Signs info={info} />
              </a>
            </li>
          ))}
      </ul>
    </section>
  );
}

function Signs({ info: { destructive, role } }: { readonly info: CommandInfo }) {
  return (
    <span class="muted">
      {destructive && (
        <span class="text-bad">
          <span aria-hidden="true">⚠ </span>destructive
        </span>
      )}
      {role !== 'operator' && <span class="late"> {role}</span>}
    </span>
  );
}

/** Breakers take their orders from one place. */
const fixed: Readonly<Record<string, readonly [namespace: string, name: string]>> = {
  guard: ['system', 'fleet'],
};

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

function Chosen({ info }: { readonly info: CommandInfo }) {
  const { kind, verb, destructive, creating, role } = info;
  const { query } = place.value;
  const [namespace, name] = fixed[kind] ?? [
    query.get('ns') ?? 'default',
    query.get('name') ?? (creating ? `my-${kind}` : ''),
  ];
  const [round, setRound] = useState(0);
  const isNamed = label.test(namespace) && label.test(name);
  const target = { kind, namespace, name, verb, arguments: exampleOf(info, namespace, name) };
  return (
    <section class="panel order-panel" aria-label={`${verb} ${kind}`}>
      <header class="card-head">
        <h2>
          {verb} <span class="muted">{kind}</span>
        </h2>
        <span class="muted">
          {destructive && (
            <span class="text-bad">
              <span aria-hidden="true">⚠</span> destructive,{' '}
            </span>
          )}
          role {role}
        </span>
      </header>
      {!(kind in fixed) && <Names info={info} namespace={namespace} name={name} />}
      {isNamed ? (
        <CommandForm
          key={`${namespace}/${name} ${round}`}
          target={target}
          info={info}
          onClose={() => setRound(round + 1)}
        />
      ) : (
        <>
          <p class="muted">{info.help}</p>
          <p class="late">
            Say which {kind} is meant: namespace and name of lower-case letters, digits and dashes.
          </p>
        </>
      )}
    </section>
  );
}

interface NamesProps {
  readonly info: CommandInfo;
  readonly namespace: string;
  readonly name: string;
}

/** Names that are offered. */
const OFFERED = 100;

function Names({ info: { kind, creating }, namespace, name }: NamesProps) {
  const q = encodeURIComponent(`kind:${kind}`);
  const path = `/api/actors?q=${q}&sort=name&offset=0&limit=${OFFERED}`;
  const { data } = useRead<RowsPage>(creating ? undefined : path);
  const known = data?.rows.map(({ actor }) => actor.split('/')) ?? [];
  const spaces = [...new Set(known.map(([, space = '']) => space))];
  const names = known.filter(([, space]) => space === namespace).map(([, , each = '']) => each);
  return (
    <div class="names">
      <Name label="namespace" value={namespace} options={spaces} query="ns" />
      <Name label="name" value={name} options={names} query="name" />
    </div>
  );
}

interface NameProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly query: string;
}

/** Takes effect when the field is left: the form below begins anew with each name. */
function Name({ label: text, value, options, query }: NameProps) {
  const id = `order-${query}`;
  return (
    <div class="field">
      <label for={id}>{text}</label>
      <input
        id={id}
        list={`${id}-known`}
        autocomplete="off"
        spellcheck={false}
        value={value}
        onChange={({ currentTarget }) => goQuery({ [query]: currentTarget.value.trim() })}
      />
      <datalist id={`${id}-known`}>
        {options.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </div>
  );
}
