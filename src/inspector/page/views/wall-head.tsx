/** The line above a wall of cards: a filter that the address keeps, and what there is to say of all of them. */
import type { ComponentChildren } from 'preact';
import { goQuery } from '../location.ts';

interface Props {
  readonly q: string;
  /** What the filter looks at: `key`, `name`. */
  readonly by: string;
  readonly of: string;
  readonly children: ComponentChildren;
}

export function WallHead({ q, by, of, children }: Props) {
  return (
    <div class="wall-head">
      <input
        type="search"
        aria-label={`Filter ${of} by ${by}`}
        placeholder={`Filter by ${by}`}
        value={q}
        onInput={({ currentTarget }) => goQuery({ q: currentTarget.value })}
      />
      {children}
    </div>
  );
}
