/** Sends one command: form, preview, confirmation, outcome. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { CommandInfo, DryRun } from '../../api.ts';
import { confirmWord } from '../../confirming.ts';
import { ApiFailure, actorPath, post, sayFailure } from '../api-client.ts';
import { Dialog } from '../dialog.tsx';
import { newId } from '../ids.ts';
import { CopyLine } from './copy-line.tsx';
import { SchemaForm } from './form.tsx';
import { cliLine, natsLine } from './lines.ts';
import { openCommand, openedCommand } from './open.ts';
import type { CommandTarget } from './open.ts';
import { Outcome } from './outcome.tsx';
import { Preview } from './preview.tsx';
import { blockedBecause, commandOf, commands, commandsProblem, needCommands } from './registry.ts';
import { noteReply } from './replies.ts';
import { givenOf, missingOf } from './schema.ts';
import type { Schema, Values } from './schema.ts';
import { sendSeen } from './sending.ts';
import type { Sent } from './sending.ts';

export function CommandDialog({ target }: { readonly target: CommandTarget }) {
  useEffect(() => void needCommands(), []);
  const info = commandOf(target.kind, target.verb);
  const verbs = commands.value.filter(({ kind, creating }) => kind === target.kind && !creating);
  return (
    <Dialog
      title={`${target.verb} ${target.namespace}/${target.name}`}
      size="wide"
      onClose={closeDialog}
    >
      {verbs.length > 1 && (
        <label>
          <span class="muted">Command </span>
          <select
            aria-label="Command"
            value={target.verb}
            onChange={({ currentTarget }) => openCommand({ ...target, verb: currentTarget.value })}
          >
            {[...new Set([target.verb, ...verbs.map(({ verb }) => verb)])].map((verb) => (
              <option key={verb} value={verb}>
                {verb}
              </option>
            ))}
          </select>
        </label>
      )}
      {info === undefined ? (
        <p class={commandsProblem.value === '' ? 'muted' : 'problem'}>
          {commandsProblem.value === '' ? 'Reading the registry …' : commandsProblem}
        </p>
      ) : (
        <CommandForm key={target.verb} target={target} info={info} />
      )}
    </Dialog>
  );
}

const closeDialog = (): void => {
  openedCommand.value = null;
};

interface FormProps {
  readonly target: CommandTarget;
  readonly info: CommandInfo;
  /** After the outcome; closes the dialog unless said otherwise. */
  readonly onClose?: () => void;
}

type Phase =
  | { readonly name: 'filling' | 'previewing' | 'sending' }
  | { readonly name: 'done'; readonly sent: Sent };

/** Exported for the view of all commands, which shows it without a dialog. */
export function CommandForm({ target, info, onClose = closeDialog }: FormProps) {
  const schema = info.schema as Schema;
  const hasReason = schema.properties?.['reason'] !== undefined;
  const [values, setValues] = useState<Values>(target.arguments ?? {});
  const [reason, setReason] = useState('');
  const [confirm, setConfirm] = useState('');
  const [dryRun, setDryRun] = useState<DryRun>();
  const [isChanged, setChanged] = useState(false);
  const [phase, setPhase] = useState<Phase>({ name: 'filling' });
  const [failure, setFailure] = useState<unknown>();
  // One id for all tries with the same content: a repeat runs once.
  const content = JSON.stringify([target, values, reason]);
  const id = useMemo(() => ({ current: newId() }), [content]);
  const filledIn = useRef(content);
  filledIn.current = content;

  const given = givenOf({ ...values, ...(hasReason && { reason }) });
  const missing = missingOf(schema, given);
  const asked = confirmWord(target, given);
  const blocked = blockedBecause(info);
  const isBusy = phase.name === 'previewing' || phase.name === 'sending';
  const actor = `${target.kind}/${target.namespace}/${target.name}`;

  const attempt = async (name: 'previewing' | 'sending', work: () => Promise<void>) => {
    setFailure(undefined);
    setPhase({ name });
    try {
      await work();
    } catch (error) {
      setFailure(error);
      if (name === 'sending') noteReply(target, undefined, error);
      setPhase({ name: 'filling' });
    }
  };
  const look = () =>
    post<DryRun>(`${actorPath(actor)}/dry-run`, { verb: target.verb, arguments: given });
  const show = (next: DryRun | undefined, changed = false) => {
    setDryRun(next);
    setChanged(changed);
  };
  const preview = () =>
    attempt('previewing', async () => {
      const found = await look();
      // Of what was filled in meanwhile it says nothing.
      if (filledIn.current === content) show(found);
      setPhase({ name: 'filling' });
    });
  const send = () =>
    attempt('sending', async () => {
      const { kind, namespace, name, verb } = target;
      const request = {
        ...{ kind, namespace, name, verb, arguments: given },
        ...(reason !== '' && { reason }),
        ...(info.destructive && { confirm }),
      };
      const outcome = await sendSeen({
        ...{ request, seen: dryRun, id, look },
        post: (body) => post<Sent>('/api/commands', body),
      });
      if (outcome.name === 'changed') {
        show(outcome.dryRun, true);
        setPhase({ name: 'filling' });
        return;
      }
      noteReply(target, outcome.sent);
      setPhase({ name: 'done', sent: outcome.sent });
    });
  const change = (next: Values) => {
    setValues(next);
    show(undefined);
  };
  if (phase.name === 'done') return <Outcome target={target} sent={phase.sent} onClose={onClose} />;
  return (
    <form
      class="command-form"
      onSubmit={(event) => {
        event.preventDefault();
        // Enter looks first; sending takes the button.
        if (!info.creating) void preview();
      }}
    >
      <p class="muted">{info.help}</p>
      {blocked !== '' && <p class="problem">{blocked}</p>}
      <SchemaForm schema={schema} values={values} onChange={change} without={['reason']} />
      <div class="field">
        <label for="command-reason">reason</label>
        <input
          id="command-reason"
          maxLength={500}
          placeholder="for the audit"
          value={reason}
          onInput={({ currentTarget }) => setReason(currentTarget.value)}
        />
      </div>
      {dryRun && (
        <section class="preview-box" aria-label="Preview" aria-live="polite">
          <h3>Preview, nothing is done yet</h3>
          {isChanged && <p class="late">It has changed since you looked. Nothing was sent.</p>}
          <Preview dryRun={dryRun} />
        </section>
      )}
      {info.destructive && (
        <div class="field">
          <label for="command-confirm">
            It cannot be taken back. Type <b>{missing.includes('key') ? 'the key' : asked}</b> to
            confirm
          </label>
          <input
            id="command-confirm"
            autocomplete="off"
            value={confirm}
            onInput={({ currentTarget }) => setConfirm(currentTarget.value)}
          />
        </div>
      )}
      {failure !== undefined && <Failure failure={failure} />}
      <div class="buttons">
        {missing.length > 0 && <span class="muted">needs: {missing.join(', ')}</span>}
        {!info.creating && (
          <button type="submit" disabled={isBusy || missing.length > 0}>
            {phase.name === 'previewing' ? 'Looking …' : 'Preview'}
          </button>
        )}
        <button
          type="button"
          class={info.destructive ? 'danger' : 'primary'}
          title={blocked}
          disabled={
            isBusy ||
            missing.length > 0 ||
            blocked !== '' ||
            (info.destructive && confirm !== asked)
          }
          onClick={() => void send()}
        >
          {phase.name === 'sending' ? 'Sending …' : `Send ${target.verb}`}
        </button>
      </div>
      <CopyLine label="CLI" text={cliLine(target, given)} />
      <CopyLine label="NATS" text={natsLine(target, given)} />
    </form>
  );
}

function Failure({ failure }: { readonly failure: unknown }) {
  const problem = failure instanceof ApiFailure ? failure.problem : undefined;
  const allowed = problem?.['allowedNext'];
  return (
    <div class="problem" role="alert">
      <p>{sayFailure(failure)}</p>
      {problem && <p class="muted mono">{problem.code}</p>}
      {Array.isArray(allowed) && allowed.length > 0 && <p>Allowed now: {allowed.join(', ')}</p>}
      {failure instanceof ApiFailure && failure.status === 0 && (
        <p>Send it again: under the same id it runs once.</p>
      )}
    </div>
  );
}
