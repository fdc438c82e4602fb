/** Seeds that are played with every run of the suite, each with why. A seed that has found a bug stays here. */
export const keptSeeds: readonly (readonly [number, string])[] = [
  [2, 'one host of two dies while machines are being made'],
  [5, 'storms on the way to the cloud'],
  [11, 'orders fall on a change of owner'],
];
