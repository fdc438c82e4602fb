/** Right side of Actors: commands, facts, steps, machines inside, context. */
import type { Row } from '../../api.ts';
import { childPath, detail, imageAt, shown } from '../actors/focus.ts';
import type { Shown } from '../actors/focus.ts';
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
      {row && now && (
        <section>
          <h3>{now.isPast ? 'At that time' : 'Now'}</h3>
          {now.isPast ? <PastFacts shown={now} /> : <Facts row={row} />}
        </section>
      )}
      <StepList actor={actor} />
      {own && <MachineList actor={actor} image={own} />}
      {own?.context !== undefined && (
        <section>
          <h3>Context</h3>
          <ContextTree value={own.context} />
        </section>
      )}
    </aside>
  );
}

function Facts({ row }: { readonly row: Row }) {
  const { state, sinceMs, expectedMs, reason, region, host } = row;
  return (
    <dl class="facts">
      <Fact name="state" text={state} />
      <Fact name="since" text={sinceText(sinceMs, expectedMs)} />
      {reason !== '' && <Fact name="reason" text={reason} />}
      {region !== '' && <Fact name="region" text={region} />}
      <Fact name="host" text={host === '' ? 'none' : host} />
    </dl>
  );
}

function PastFacts({ shown: { state, step } }: { readonly shown: Shown }) {
  return (
    <dl class="facts">
      <Fact name="state" text={state} />
      {step?.command && (
        <Fact name="command" text={`${step.command.verb} by ${step.command.by ?? 'unknown'}`} />
      )}
      {step && <Fact name="revision" text={String(step.revision)} />}
      {step && <Fact name="host" text={`${step.host}, fence ${step.fence}`} />}
    </dl>
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
