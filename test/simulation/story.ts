/** A story as plain JSON: who is there, what is ordered and when, and what goes wrong. Any step may be left out. */
import type { TroubleName } from '../model/replication/hosted/story.ts';
import type { Place, StormKind } from './weather.ts';

export interface ClusterPlan {
  readonly namespace: string;
  readonly name: string;
  readonly servers: number;
  readonly agents: number;
}

export interface ReplicationPlan {
  readonly namespace: string;
  readonly name: string;
  readonly every: string;
  readonly fencing: string;
  readonly onDelete: string;
}

/** Sizes and choices that hold for the whole story. */
export interface Cast {
  readonly hosts: number;
  readonly leaseTtlMs: number;
  /** Divides polls and waits of the charts. */
  readonly scale: number;
  readonly clusters: readonly ClusterPlan[];
  readonly replications: readonly ReplicationPlan[];
}

export type Step = { readonly atMs: number } & (
  | {
      readonly do: 'order';
      readonly kind: 'cluster' | 'replication';
      /** Which of that kind. */
      readonly of: number;
      readonly verb: string;
      readonly given: object;
      /** Sent again under the same id after so long. */
      readonly againMs?: number;
    }
  /** What only shows when it is time: the right token, the side that does not write. */
  | {
      readonly do: 'answer';
      readonly of: number;
      readonly what: 'override' | 'forceOther';
    }
  | {
      readonly do: 'storm';
      readonly place: Place;
      readonly kind: StormKind;
      readonly share: number;
      readonly forMs: number;
    }
  | {
      readonly do: 'trouble';
      readonly of: number;
      readonly name: TroubleName;
      readonly side: 'home' | 'away';
      readonly pick: number;
      readonly forMs: number;
    }
  /** After so many more crossings between it and the world, counted from now or from the next one of that name. */
  | {
      readonly do: 'crash';
      readonly host: number;
      readonly upon?: 'delivery' | '> cloud.' | '< store.write';
      readonly after: number;
      readonly downMs: number;
    }
  /** By SIGTERM. */
  | { readonly do: 'restart'; readonly host: number; readonly downMs: number }
  | { readonly do: 'freeze'; readonly host: number; readonly forMs: number }
  | {
      readonly do: 'cut';
      readonly host: number;
      readonly from: 'nats' | 'cloud';
      readonly forMs: number;
    }
  | { readonly do: 'skew'; readonly host: number; readonly ms: number }
  /** A machine ends or stops, and nobody here has ordered it. */
  | {
      readonly do: 'hurt';
      readonly of: number;
      readonly pick: number;
      readonly how: 'terminate' | 'stop';
    }
);

export interface Story {
  readonly seed: number;
  readonly cast: Cast;
  /** By time. */
  readonly steps: readonly Step[];
  /** When trouble ends and the rest of the story begins: coming to rest. */
  readonly calmMs: number;
}
