/** What a command would do, computed on the stored record by the machine itself; nothing was done yet. */
import type { DryRun } from '../../api.ts';
import { span } from '../time.ts';
import { Changes } from './changes.tsx';
import { WhyLines } from './why-lines.tsx';

export function Preview({ dryRun: { why, turn } }: { readonly dryRun: DryRun }) {
  if (turn === undefined) return <WhyLines why={why} />;
  return (
    <div class="preview">
      <p class="moved">
        <code>{turn.stateBefore}</code> → <code>{turn.stateAfter}</code>
        <span class="muted"> on revision {turn.revision}</span>
      </p>
      {why.unchanged && <p class="muted">It would be taken, and change nothing.</p>}
      <Changes changes={turn.changes} />
      <Named title="Starts" items={turn.starts.map(({ id, src }) => `${src} ${id}`)} />
      <Named
        title="Timers"
        items={turn.timers.map(({ event, delayMs }) => `${event} in ${span(delayMs)}`)}
      />
      <Named title="Tells" items={turn.events} />
    </div>
  );
}

function Named({ title, items }: { readonly title: string; readonly items: readonly string[] }) {
  if (items.length === 0) return null;
  return (
    <p>
      <span class="muted">{title}: </span>
      {items.join(', ')}
    </p>
  );
}
