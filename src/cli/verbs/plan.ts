/** `fairlead plan capacity`: what a host needs, by the rule of thumb and as measured. */
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { printListing } from '../output.ts';
import type { Verb } from '../shell.ts';
import { bounds } from '../../../machines/limits.ts';

/**
 * Measured on two cores, Node 20, against the simulator: a host that has made two clusters of 11 nodes together stays at 192
 * MB resident; each node more is 24 kB of heap and 1,136 bytes of its cluster's record at its largest.
 */
const measured = { hostMb: 192, nodeMb: 0.024, recordBytesPerNode: 1_136 } as const;

interface Capacity {
  readonly nodes: number;
  readonly memoryMb: number;
  readonly cpus: number;
  readonly concurrency: number;
  readonly measuredMemoryMb: number;
  readonly recordBytes: number;
}

/** The rule: 512 MB and 50 MB a node, a CPU for every ten nodes, half of the nodes at once but ten at most. */
export const capacityOf = (nodes: number): Capacity => ({
  nodes,
  memoryMb: 512 + 50 * nodes,
  cpus: Math.max(1, Math.ceil(nodes / 10)),
  concurrency: Math.max(1, Math.min(10, Math.floor(nodes / 2))),
  measuredMemoryMb: Math.ceil(measured.hostMb + measured.nodeMb * nodes),
  recordBytes: measured.recordBytesPerNode * nodes,
});

export const plan: Verb = async (shell) => {
  const [topic] = shell.operands;
  if (topic !== 'capacity')
    throw usage(`there is no plan of ${topic ?? 'nothing'}`, {
      allowed: ['capacity'],
      tries: ['fairlead plan capacity --nodes 10'],
    });
  const rows = (shell.flags.nodes ?? usual).map(nodesIn).map(capacityOf);
  await printListing(shell.terminal, shell.wish, {
    columns: [
      { head: 'NODES', cell: ({ nodes }) => String(nodes) },
      { head: 'MEMORY', cell: ({ memoryMb }) => `${memoryMb} MB` },
      { head: 'CPUS', cell: ({ cpus }) => String(cpus) },
      { head: 'CONCURRENCY', cell: ({ concurrency }) => String(concurrency) },
      { head: 'MEASURED', cell: ({ measuredMemoryMb }) => `${measuredMemoryMb} MB` },
      { head: 'RECORD', cell: ({ recordBytes }) => `${Math.ceil(recordBytes / 1_000)} kB` },
    ],
    rows,
    object: (row) => ({ apiVersion: 'fairlead.dev/v1', kind: 'Capacity', ...row }),
    name: ({ nodes }) => String(nodes),
    single: rows.length === 1,
  });
  if (['table', 'wide'].includes(shell.wish.format))
    shell.note(
      'MEMORY, CPUS and CONCURRENCY are the rule of thumb for one cluster; MEASURED is what a host took for it',
    );
  return exits.ok;
};

/** The sizes that the rule is usually told for. */
const usual = ['1', '10', '50', '100'];

function nodesIn(text: string): number {
  const nodes = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (nodes < 1 || nodes > bounds.nodesMax)
    throw usage(`--nodes ${text} is no size of a cluster`, {
      reason: `a cluster has 1 to ${bounds.nodesMax} nodes`,
    });
  return nodes;
}
