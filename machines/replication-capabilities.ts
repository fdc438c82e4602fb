/** What each back end can do besides copying, as orders are admitted by it; back ends state the rest of theirs themselves. */
import type { BackendName } from './specs.ts';

export interface BackendAbilities {
  readonly modes: readonly ('synchronous' | 'asynchronous')[];
  readonly pause: boolean;
  readonly syncNow: boolean;
  readonly testFailover: boolean;
}

const both = ['synchronous', 'asynchronous'] as const;

export const backendAbilities: Readonly<Record<BackendName, BackendAbilities>> = {
  ebs: { modes: ['asynchronous'], pause: true, syncNow: true, testFailover: true },
  'csi-addons': { modes: both, pause: false, syncNow: false, testFailover: false },
  trident: { modes: both, pause: false, syncNow: true, testFailover: false },
  powerstore: { modes: both, pause: true, syncNow: true, testFailover: false },
};
