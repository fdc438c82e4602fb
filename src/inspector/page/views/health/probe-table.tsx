/** One line of each probe and host. */
import { nowMs } from '../../store.ts';
import { span, wholeSpan } from '../../time.ts';
import type { ProbeFacts } from './facts.ts';
import { Figures } from './figures.tsx';

const signs: Readonly<Record<string, readonly [sign: string, mood: string]>> = {
  healthy: ['✔', 'text-good'],
  unhealthy: ['✖', 'text-bad'],
};

const names = ['probe', 'status', 'for', 'last ok', 'success', 'took', 'error', 'host'];

export function ProbeTable({ probes }: { readonly probes: readonly ProbeFacts[] }) {
  return (
    <Figures label="Table of probes" names={names}>
      {probes.map((probe) => (
        <Line key={`${probe.host} ${probe.name}`} probe={probe} />
      ))}
    </Figures>
  );
}

function Line({ probe }: { readonly probe: ProbeFacts }) {
  const { host, name, status, error, successRate, durationMs, sinceMs, lastOkMs } = probe;
  const [sign, mood] = signs[status] ?? ['?', ''];
  const now = nowMs.value;
  return (
    <tr>
      <th scope="row" class="mono">
        {name}
      </th>
      <td class={mood}>
        <span aria-hidden="true">{sign}</span> {status}
      </td>
      <td>{sinceMs === undefined ? '-' : wholeSpan(now - sinceMs)}</td>
      <td>{lastOkMs === undefined ? 'never' : `${wholeSpan(now - lastOkMs)} ago`}</td>
      <td>{successRate === undefined ? '-' : `${(100 * successRate).toFixed(1)} %`}</td>
      <td>{durationMs === undefined ? '-' : tookText(durationMs)}</td>
      <td class="told">{error}</td>
      <td class="mono">{host}</td>
    </tr>
  );
}

const tookText = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : span(ms));
