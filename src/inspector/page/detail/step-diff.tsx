/** What changed in context and state between the step that is shown and another one. */
import { useState } from 'preact/hooks';
import { diff } from '../../../../actors/steps/patch.ts';
import type { At } from '../../api.ts';
import { actorPath } from '../api-client.ts';
import { Changes } from '../commands/changes.tsx';
import { useRead } from '../loaded.ts';

interface Props {
  readonly actor: string;
  readonly from: number;
  readonly to: number;
}

const SHOWN = 60;

export function StepDiff({ actor, from, to }: Props) {
  const [other, setOther] = useState<number | undefined>();
  const [isOpen, open] = useState(false);
  const against = other ?? to;
  return (
    <details class="diff" onToggle={(event) => open(event.currentTarget.open)}>
      <summary>Compare with another step</summary>
      <p>
        Step {from} and step{' '}
        <input
          type="number"
          aria-label="The other step"
          min={1}
          max={to}
          value={against}
          onChange={({ currentTarget }) => setOther(currentTarget.valueAsNumber)}
        />
      </p>
      {isOpen && against > 0 && <Between actor={actor} from={from} to={against} />}
    </details>
  );
}

function Between({ actor, from, to }: Props) {
  const [first, second] = [Math.min(from, to), Math.max(from, to)];
  const before = useRead<At>(`${actorPath(actor)}/at/${first}`);
  const after = useRead<At>(`${actorPath(actor)}/at/${second}`);
  const problem = before.problem || after.problem;
  if (problem !== '') return <p class="problem">{problem}</p>;
  if (before.data === undefined || after.data === undefined) return <p class="muted">Reading …</p>;
  const { image: left } = before.data;
  const patch = diff(left, after.data.image);
  const changes = [
    ...patch.del.map((path) => ({
      path: path.join('.'),
      before: at(left, path),
      after: undefined,
    })),
    ...patch.set.map(([path, value]) => ({
      path: path.join('.'),
      before: at(left, path),
      after: value,
    })),
  ];
  if (changes.length === 0) return <p class="muted">Nothing differs.</p>;
  return (
    <>
      <Changes changes={changes.slice(0, SHOWN)} />
      {changes.length > SHOWN && <p class="muted">and {changes.length - SHOWN} more</p>}
    </>
  );
}

function at(document: unknown, path: readonly string[]): unknown {
  let found = document;
  for (const key of path)
    found =
      typeof found === 'object' && found !== null
        ? (found as Record<string, unknown>)[key]
        : undefined;
  return found;
}
