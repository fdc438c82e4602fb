import { Dialog } from './dialog.tsx';
import { keyRows } from './keys.ts';
import { overlay } from './overlays.ts';

export function Help() {
  return (
    <Dialog title="Keys" onClose={() => (overlay.value = 'none')}>
      <table class="keys">
        <tbody>
          {keyRows.map(({ keys, does }) => (
            <tr key={keys}>
              <th scope="row">
                <kbd>{keys}</kbd>
              </th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="muted">
        Filter: <code>kind:cluster state:failed ns:prod region:eu-* since:&gt;20m words</code>
      </p>
    </Dialog>
  );
}
