/** Seeds that are played with every run of the suite, each with why. A seed that has found a bug stays here. */
export const keptSeeds: readonly (readonly [number, string])[] = [
  [13, 'a scaling is cancelled while one of its machines is half made and another agent is lost'],
  [51, 'a host loses a partition, takes it again and is told anew what it has seen before'],
  [
    1191,
    'a scaling was cancelled while paused: after the resume nobody took back what was half made',
  ],
  [
    1293,
    'the order to restart a machine was refused: when it was given again, old answers hid the new boot',
  ],
  [
    1751,
    'a scaling back ran out of time while paused: what was half made counted as a server from then on',
  ],
  [1780, 'a cluster waited for a failed node to stop, which did not listen'],
  [2919, 'the only server was lost while it started: the start waited on, deaf to every order'],
  [
    42735,
    'a snapshot was being made when its replication was deleted: it landed behind the last look, and stayed',
  ],
  [
    44406,
    'a start was cancelled while its look waited: the stop took the end of that look for its own, and the cluster ran on',
  ],
  [
    47730,
    'a stop waited for ever to let a server take work again that could not be drained: whom to ask was stopped',
  ],
  [
    51059,
    'an old writer that could not be demoted was left writing beside the new one, though its region was back',
  ],
  [
    61638,
    'a start that was given up landed behind the stop that came after it: a machine ran on in a stopped cluster',
  ],
  [
    1119,
    'three deliveries are lost in a cut: they are taken up before the next, not after their wait',
  ],
  [1162, 'of two lost deliveries the first comes again, and a new one before the second'],
];
