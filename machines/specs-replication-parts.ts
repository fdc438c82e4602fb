/** What of a replication's manifest the rules between its fields look at, and how a broken one is told. */
import type { Side } from './replication-table.ts';

export type Backend = 'ebs' | 'csi-addons' | 'trident' | 'powerstore';

export interface EndpointPart {
  readonly cluster: string;
  readonly account: string;
  readonly region: string;
  readonly zone: string;
  readonly storageClass: string;
}

export type VolumeSide =
  | { readonly pvc: string; readonly namespace: string }
  | { readonly volumeId?: string | undefined; readonly instanceId: string; readonly device: string }
  | { readonly volumeHandle: 'auto'; readonly namespace: string };

export interface VolumePart {
  readonly name: string;
  readonly home: VolumeSide;
  readonly away: VolumeSide;
}

/** What of a manifest can be read; a part that is wrong in itself is left out, and nothing is concluded from it. */
export interface Parts {
  readonly home?: EndpointPart | undefined;
  readonly away?: EndpointPart | undefined;
  readonly initialSource?: Side | undefined;
  readonly consistency?: 'crash' | 'perVolume' | undefined;
  readonly volumes: readonly (VolumePart | undefined)[];
  readonly mode?: 'synchronous' | 'asynchronous' | undefined;
  readonly scheduleMode?: 'continuous' | 'interval' | undefined;
  /** `wrong` where something is written that is no duration. */
  readonly every?: string | undefined;
  readonly rpo?: string | undefined;
  /** `wrong` where something is written that is none. */
  readonly backend?: Backend | 'wrong' | undefined;
  /** Keys that are there, known or not. */
  readonly extensions: readonly string[];
}

export interface RuleBroken {
  readonly path: readonly (string | number)[];
  readonly code: string;
  /** Starts where a problem's sentence leaves off: `is …` or the reason. */
  readonly text: string;
  readonly allowed?: readonly string[];
}
