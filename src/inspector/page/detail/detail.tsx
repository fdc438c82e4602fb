/** Right side of Actors: commands, facts, machines inside, context, steps. */
import { detail, imageAt, childPath, shown } from '../actors/focus.ts';
import { nowMs } from '../store.ts';
import { wholeSpan } from '../time.ts';
import { CommandList } from './command-list.tsx';
import { ContextTree } from './context-tree.tsx';
import { MachineList } from './machine-list.tsx';
import { StepList } from './step-list.tsx';

export function Detail({ actor }: { readonly actor: string }) {
  const now = shown.value;
  const row = detail.value?.row;
  const own = now && imageAt(now.image, childPath.value);
  return (
    <aside class="detail" aria-label="Detail" tabIndex={0}>
      <CommandList actor={actor} />
      {row && (
        <section>
          <h3>Now</h3>
          <dl class="facts">
            <Fact name="state" text={row.state} />
            <Fact name="since" text={sinceText(row.sinceMs, row.expectedMs)} />
            {row.reason !== '' && <Fact name="reason" text={row.reason} />}
            {row.region !== '' && <Fact name="region" text={row.region} />}
            <Fact name="host" text={row.host} />
          </dl>
        </section>
      )}
      {own && <MachineList actor={actor} image={own} />}
      {own?.context !== undefined && (
        <section>
          <h3>Context</h3>
          <ContextTree value={own.context} />
        </section>
      )}
      <StepList actor={actor} />
    </aside>
  );
}

function Fact({ name, text }: { readonly name: string; readonly text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

function sinceText(sinceMs: number, expectedMs: number): string {
  const length = nowMs.value - sinceMs;
  const usual = expectedMs === 0 ? '' : `, usual ${wholeSpan(expectedMs)}`;
  return `${wholeSpan(length)}${usual}${expectedMs > 0 && length > expectedMs ? ': stuck?' : ''}`;
}
