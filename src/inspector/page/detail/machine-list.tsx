/** Machines and calls inside the one that is looked at; each opens its own chart. */
import { useState } from 'preact/hooks';
import type { Image } from '../../api.ts';
import { childPath } from '../actors/focus.ts';
import { actorHref } from '../location.ts';
import { stateOf } from '../state-words.ts';

const SHOWN = 30;

export function MachineList({ actor, image }: { readonly actor: string; readonly image: Image }) {
  const [isAll, showAll] = useState(false);
  const children = Object.entries(image.children);
  if (children.length === 0) return null;
  const path = childPath.value;
  const shown = isAll ? children : children.slice(0, SHOWN);
  return (
    <section>
      <h3>Machines inside · {children.length}</h3>
      <ul class="machines">
        {shown.map(([id, child]) => (
          <li key={id}>
            <a href={actorHref(actor, { child: [...path, id].join('/') })}>{id}</a>
            <span class="muted">{child.src}</span>
            <span class="mono machine-state">{stateOf(child)}</span>
          </li>
        ))}
      </ul>
      {shown.length < children.length && (
        <button type="button" class="link" onClick={() => showAll(true)}>
          {children.length - shown.length} more
        </button>
      )}
    </section>
  );
}
