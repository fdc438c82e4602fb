/** One line of each host that answered. */
import type { ComponentChildren } from 'preact';
import { nowMs } from '../../store.ts';
import { wholeSpan } from '../../time.ts';
import type { HostFacts } from './facts.ts';
import { Figures } from './figures.tsx';

/** A message that waits longer is worth a look, as `/livez` will soon say. */
const WAIT_MS = 10_000;
const STALE_MS = 15_000;

const count = (value: number | undefined): string => (value === undefined ? '?' : String(value));

interface Props {
  readonly hosts: readonly HostFacts[];
  /** When they answered, by the clock of this browser. */
  readonly arrivedMs: number;
}

export function HostTable({ hosts, arrivedMs }: Props) {
  const owners = hosts.filter(({ role }) => role === 'owner').length;
  return (
    <>
      {owners === 0 && (
        <p class="problem">No host owns the partitions: commands wait until one does.</p>
      )}
      <Figures label="Table of hosts" names={names}>
        {hosts.map((host) => (
          <Line key={host.host} host={host} arrivedMs={arrivedMs} />
        ))}
      </Figures>
    </>
  );
}

const names = [
  ...['host', 'role', 'version', 'up', 'actors', 'outbox', 'waiting', 'oldest wait'],
  ...['quarantined', 'feed lag', 'pages', 'told'],
];

function Line({
  host: facts,
  arrivedMs,
}: {
  readonly host: HostFacts;
  readonly arrivedMs: number;
}) {
  const { host, role, version, startedMs, actors, outbox, waiting, oldestMs } = facts;
  const { quarantined, feedLag, streams } = facts;
  const now = nowMs.value;
  const ageMs = now - arrivedMs;
  return (
    <tr>
      <th scope="row" class="mono">
        {host}
      </th>
      <td class={role === 'owner' ? 'text-good' : ''}>
        <span aria-hidden="true">{role === 'owner' ? '●' : '○'}</span> {role}
      </td>
      <td>{version}</td>
      <td>{startedMs === undefined ? '?' : wholeSpan(now - startedMs)}</td>
      <td>{count(actors)}</td>
      <td>{count(outbox)}</td>
      <td>{count(waiting)}</td>
      <Warned isBad={(oldestMs ?? 0) > WAIT_MS}>
        {oldestMs === undefined ? '?' : wholeSpan(oldestMs)}
      </Warned>
      <Warned isBad={(quarantined ?? 0) > 0}>{count(quarantined)}</Warned>
      <td>{count(feedLag)}</td>
      <td>{count(streams)}</td>
      <Warned isBad={ageMs > STALE_MS}>{wholeSpan(ageMs)} ago</Warned>
    </tr>
  );
}

interface WarnedProps {
  readonly isBad: boolean;
  readonly children: ComponentChildren;
}

function Warned({ isBad, children }: WarnedProps) {
  if (!isBad) return <td>{children}</td>;
  return (
    <td class="text-bad">
      <span aria-hidden="true">✖ </span>
      {children}
    </td>
  );
}
