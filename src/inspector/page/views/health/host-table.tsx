/** One line of each host that answered. */
import type { ComponentChildren } from 'preact';
import { partitions as partitionsMax } from '../../../../../machines/limits-partitions.ts';
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
  const unowned = unownedOf(hosts);
  return (
    <>
      {unowned > 0 && (
        <p class="problem">
          {unowned} of {partitionsMax} partitions are run by nobody: the commands of their actors
          wait until a host takes them.
        </p>
      )}
      <Figures label="Table of hosts" names={names}>
        {hosts.map((host) => (
          <Line key={host.host} host={host} arrivedMs={arrivedMs} />
        ))}
      </Figures>
    </>
  );
}

/** None while a host does not tell: it may run them. */
function unownedOf(hosts: readonly HostFacts[]): number {
  if (hosts.some(({ partitions }) => partitions === undefined)) return 0;
  const owned = hosts.reduce((sum, { partitions = 0 }) => sum + partitions, 0);
  return Math.max(0, partitionsMax - owned);
}

const names = [
  ...['host', 'partitions', 'version', 'up', 'actors', 'outbox', 'waiting', 'oldest wait'],
  ...['quarantined', 'feed lag', 'pages', 'told'],
];

function Line({
  host: facts,
  arrivedMs,
}: {
  readonly host: HostFacts;
  readonly arrivedMs: number;
}) {
  const { host, partitions, version, startedMs, actors, outbox, waiting, oldestMs } = facts;
  const { quarantined, feedLag, streams } = facts;
  const now = nowMs.value;
  const ageMs = now - arrivedMs;
  return (
    <tr>
      <th scope="row" class="mono">
        {host}
      </th>
      <td class={(partitions ?? 0) > 0 ? 'text-good' : ''}>
        <span aria-hidden="true">{(partitions ?? 0) > 0 ? '●' : '○'}</span> {count(partitions)}
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
