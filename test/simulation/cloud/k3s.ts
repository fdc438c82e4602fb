/** What node scripts do and answer: K3s and its etcd in a few facts, by the machines that are up. */
import type { ScriptAnswer } from '../../../machines/messages.ts';
import { isLive, isServer, isUp } from './machine.ts';
import type { Machine } from './machine.ts';

const answer = (ok: boolean, code: string, facts: Record<string, unknown> = {}): ScriptAnswer => ({
  ...{ ok, running: false, code, progress: ok ? 100 : 0, hint: ok ? '' : code },
  facts,
});
const worked = (facts: Record<string, unknown> = {}): ScriptAnswer => answer(true, 'ok', facts);
const failed = (code: string): ScriptAnswer => answer(false, code);

export interface Quorum {
  readonly members: number;
  readonly up: number;
}

const quorumOf = (machines: readonly Machine[]): Quorum => {
  const members = machines.filter(({ isMember }) => isMember);
  return { members: members.length, up: members.filter(isUp).length };
};
const hasQuorum = ({ members, up }: Quorum): boolean => members > 0 && up > members / 2;

export interface ScriptCall {
  readonly machine: Machine;
  /** All of the same cluster. */
  readonly machines: readonly Machine[];
  readonly verb: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The token of its cluster, as the node reads it. */
  readonly secret: string | undefined;
  /** A machine begins a database of its own. */
  readonly onInit: (machine: Machine) => void;
}

/** Done when the script ends; the same again does nothing more. */
export function runScript(call: ScriptCall): ScriptAnswer {
  const { machine, machines, verb } = call;
  const quorum = quorumOf(machines);
  switch (verb) {
    case 'stage':
      return worked();
    case 'init':
      return init(call, quorum);
    case 'join-server':
    case 'join-agent':
      if (!hasQuorum(quorum)) return failed('k3s.serverUnreachable');
      machine.isJoined = true;
      machine.isMember ||= isServer(machine);
      return worked();
    case 'observe':
      return worked(observed(machines));
    case 'publish-access':
      return worked({
        ...{ parameter: call.parameters['FL_PARAMETER'] ?? '/p', sha256: 'x' },
        ...{ endpoint: `https://${machine.privateIp}:6443`, expiresAt: '2027-01-01T00:00:00Z' },
      });
    case 'check':
      return worked({ bootId: `boot-${machine.boot}`, active: 'active' });
    case 'snapshot':
      return hasQuorum(quorum) ? worked() : failed('etcd.noLeader');
    default:
      return about(call, quorum);
  }
}

/** A second database beside one that lives would be two clusters. */
function init({ machine, machines, secret, onInit }: ScriptCall, quorum: Quorum): ScriptAnswer {
  if (!machine.isMember) {
    if (quorum.members > 0 && machines.some((each) => each.isMember && isLive(each)))
      return failed('k3s.databaseExists');
    onInit(machine);
  }
  machine.isMember = true;
  machine.isJoined = true;
  // More than was asked for: nobody may keep what a script tells besides its named facts.
  return worked({ caHash: 'c0ffee', serverToken: secret });
}

/** The node that a script is asked about; undefined where it is about its own. */
export const targetOf = (
  machines: readonly Machine[],
  parameters: ScriptCall['parameters'],
): Machine | undefined => machines.find(({ name }) => name === parameters['FL_TARGET']);

/** Asked of a server about another node. */
function about({ machines, verb, parameters }: ScriptCall, quorum: Quorum): ScriptAnswer {
  const target = targetOf(machines, parameters);
  if (!hasQuorum(quorum)) return failed('etcd.quorumUnsafe');
  switch (verb) {
    case 'drain':
      if (target !== undefined) target.isCordoned = true;
      return worked({ drained: true, forced: false });
    case 'uncordon':
      if (target !== undefined) target.isCordoned = false;
      return worked();
    case 'leave-etcd':
      if (target !== undefined) target.isMember = false;
      return worked({ removed: true, members: quorumOf(machines).members });
    case 'delete-node':
      if (target !== undefined) target.isJoined = false;
      return worked();
    default:
      return worked();
  }
}

function observed(machines: readonly Machine[]): Record<string, unknown> {
  const quorum = quorumOf(machines);
  const ready = machines.filter((each) => isUp(each) && each.isJoined).length;
  return { readyz: hasQuorum(quorum), ready, voters: quorum.up, total: ready };
}
