/** Fields of a record that differ, with both values. */
import type { DryRun } from '../../api.ts';
import { shortJson } from '../json.ts';

export function Changes({ changes }: Pick<NonNullable<DryRun['turn']>, 'changes'>) {
  if (changes.length === 0) return null;
  return (
    <div class="scroll-x" tabIndex={0} role="group" aria-label="Changes">
      <table class="changes mono">
        <thead>
          <tr>
            <th scope="col">field</th>
            <th scope="col">before</th>
            <th scope="col">after</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ path, before, after }) => (
            <tr key={path}>
              <th scope="row">{path}</th>
              <td class="before">{shortJson(before)}</td>
              <td class="after">{shortJson(after)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
