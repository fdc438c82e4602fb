/** Every effect in the life of a three-server cluster, as the wire call by which the outside first sees it. */
import type { FaultRule } from '../../src/simulator/faults.ts';

/** One effect; a host can die just before it (nothing done) and just after it (done, reply lost). */
export interface Effect {
  readonly name: string;
  /** `scale`: from three servers to one. */
  readonly phase: 'create' | 'scale' | 'stop' | 'start' | 'delete';
  readonly call: Pick<FaultRule, 'service' | 'op'> & {
    readonly match?: FaultRule['match'];
    readonly nth?: number;
  };
}

const launch = (slot: string): Effect => ({
  name: `launch ${slot}`,
  phase: 'create',
  call: { service: 'ec2', op: 'RunInstances', match: { ClientToken: `*-${slot}-*` } },
});
const script = (slot: string, verb: string, phase: Effect['phase'] = 'create'): Effect => ({
  name: `${verb} on ${slot}`,
  phase,
  call: { service: 'ssm', op: 'SendCommand', match: { Comment: `*-${slot}-i1-${verb}-*` } },
});

export const effects: readonly Effect[] = [
  ...([1, 2] as const).map((nth): Effect => ({
    name: `create security group ${nth}`,
    phase: 'create',
    call: { service: 'ec2', op: 'CreateSecurityGroup', nth },
  })),
  ...([1, 2] as const).map((nth): Effect => ({
    name: `authorize security group ${nth}`,
    phase: 'create',
    call: { service: 'ec2', op: 'AuthorizeSecurityGroupIngress', nth },
  })),
  {
    name: 'put server secret',
    phase: 'create',
    call: { service: 'ssm', op: 'PutParameter', nth: 1 },
  },
  {
    name: 'put agent secret',
    phase: 'create',
    call: { service: 'ssm', op: 'PutParameter', nth: 2 },
  },
  ...['s0', 's1', 's2'].map(launch),
  ...['s0', 's1', 's2'].map((slot) => script(slot, 'stage')),
  script('s0', 'init'),
  script('s1', 'join-server'),
  script('s2', 'join-server'),
  script('s0', 'observe'),
  script('s0', 'publish-access'),
  ...['drain', 'leave-etcd', 'delete-node'].map((verb) => script('s2', verb, 'scale')),
  {
    name: 'terminate s2',
    phase: 'scale',
    call: { service: 'ec2', op: 'TerminateInstances', nth: 1 },
  },
  script('s0', 'snapshot', 'stop'),
  { name: 'stop', phase: 'stop', call: { service: 'ec2', op: 'StopInstances', nth: 1 } },
  { name: 'start', phase: 'start', call: { service: 'ec2', op: 'StartInstances', nth: 1 } },
  ...([1, 2, 3] as const).map((nth): Effect => ({
    name: `lift protection ${nth}`,
    phase: 'delete',
    call: { service: 'ec2', op: 'ModifyInstanceAttribute', nth },
  })),
  // One call for all three.
  {
    name: 'terminate',
    phase: 'delete',
    call: { service: 'ec2', op: 'TerminateInstances', nth: 1 },
  },
  ...([1, 2] as const).map((nth): Effect => ({
    name: `delete security group ${nth}`,
    phase: 'delete',
    call: { service: 'ec2', op: 'DeleteSecurityGroup', nth },
  })),
  {
    name: 'delete secrets',
    phase: 'delete',
    call: { service: 'ssm', op: 'DeleteParameters', nth: 1 },
  },
];

export interface Boundary {
  readonly name: string;
  readonly effect: Effect;
  readonly side: 'before' | 'after';
}

export const boundaries: readonly Boundary[] = effects.flatMap((effect) =>
  (['before', 'after'] as const).map((side) => ({
    name: `${side} "${effect.name}"`,
    effect,
    side,
  })),
);

/** Holds the call: before anything is done, or after it is done with the reply kept back. */
export const holdRule = ({ effect, side }: Boundary): object => ({
  id: 'boundary',
  times: 1,
  ...effect.call,
  act: side === 'before' ? { kind: 'hold' } : { kind: 'delay', ms: 600_000 },
});
