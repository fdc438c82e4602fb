/** What became of a command that was sent. */
import type { CommandTarget } from './open.ts';
import type { Sent } from './sending.ts';

/** Fields of a reply that say where the actor stands now. */
const shown = ['outcome', 'state', 'revision', 'message'];

interface Props {
  readonly target: CommandTarget;
  readonly sent: Sent;
  readonly onClose: () => void;
}

export function Outcome({ target, sent, onClose }: Props) {
  const correlation = sent.correlationId ?? sent.commandId;
  return (
    <div class="outcome" role="status">
      <p>
        <b>✔ {target.verb} was taken</b> by {target.kind}/{target.namespace}/{target.name}.
      </p>
      <dl class="facts">
        {shown
          .filter((name) => sent[name] !== undefined && typeof sent[name] !== 'object')
          .map((name) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd class="mono">{String(sent[name])}</dd>
            </div>
          ))}
        <div>
          <dt>command</dt>
          <dd class="mono">{sent.commandId}</dd>
        </div>
      </dl>
      <div class="buttons">
        <a href={`/audit?correlation=${encodeURIComponent(correlation)}`} onClick={onClose}>
          All it led to
        </a>
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </div>
  );
}
