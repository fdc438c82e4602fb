/** A table of figures that scrolls by itself where it is wider than the screen. */
import type { ComponentChildren } from 'preact';

interface Props {
  readonly label: string;
  /** Of the columns. */
  readonly names: readonly string[];
  readonly children: ComponentChildren;
}

export function Figures({ label, names, children }: Props) {
  return (
    <div class="scroll-x panel" tabIndex={0} role="group" aria-label={label}>
      <table class="figures">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
