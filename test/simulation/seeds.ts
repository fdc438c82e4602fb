/** Seeds that are played with every run of the suite, each with why. A seed that has found a bug stays here. */
export const keptSeeds: readonly (readonly [number, string])[] = [
  [13, 'a scaling is cancelled while one of its machines is half made and another agent is lost'],
  [51, 'a host loses a partition, takes it again and is told anew what it has seen before'],
  [
    1119,
    'three deliveries are lost in a cut: they are taken up before the next, not after their wait',
  ],
  [1162, 'of two lost deliveries the first comes again, and a new one before the second'],
];
