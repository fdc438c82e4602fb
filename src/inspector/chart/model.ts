/** A chart as data, and where its parts stand when it is drawn. One JSON for page, SVG, text, mermaid, DOT and coverage. */

export type NodeType = 'atomic' | 'compound' | 'parallel' | 'final' | 'history';

export interface ChartNode {
  /** XState's id: `cluster.lifecycle.running`. */
  readonly id: string;
  readonly key: string;
  /** Null for the root. */
  readonly parent: string | null;
  readonly type: NodeType;
  readonly history?: 'shallow' | 'deep';
  /** Key of the first state of a compound one. */
  readonly initial?: string;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly invokes: readonly { readonly id: string; readonly src: string }[];
  readonly tags: readonly string[];
  readonly description?: string;
  /** It usually ends within this time. */
  readonly expectedMs?: number;
}

export type EdgeKind = 'command' | 'event' | 'after' | 'done' | 'error' | 'always';

export interface Edge {
  /** As in `actors/chart-edges.ts`. */
  readonly id: string;
  readonly source: string;
  /** Empty: it acts without leaving the state. */
  readonly targets: readonly string[];
  readonly eventType: string;
  /** For people: `after bootDeadline`, `done`, `scale`. */
  readonly label: string;
  readonly kind: EdgeKind;
  /** `attemptsLeft`, `and(isSteady, not(isPaused))`. */
  readonly guard?: string;
  readonly actions: readonly string[];
  readonly reenter: boolean;
}

export interface Chart {
  readonly id: string;
  /** `definitionHash` of the machine. */
  readonly hash: string;
  readonly nodes: readonly ChartNode[];
  readonly edges: readonly Edge[];
  /** Hash of the chart of each machine it may start, by source name. */
  readonly children: Readonly<Record<string, string>>;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line of text inside a state: an entry action, an invoked machine, or an edge that is not drawn as a line. */
export interface NodeRow {
  /** From the top of the state's box to the middle of the line. */
  readonly y: number;
  readonly text: string;
  readonly kind: 'entry' | 'exit' | 'invoke' | 'inner' | 'portal';
  /** Of the edge, for `inner` and `portal`. */
  readonly edge?: string;
}

export interface PlacedNode extends Box {
  readonly rows: readonly NodeRow[];
  /** 0 for the root. */
  readonly depth: number;
}

/** Edges from one state to the same other one share the points of their line; their pills stand below each other. */
export interface PlacedEdge {
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly label: Box;
}

export interface Layout {
  readonly hash: string;
  readonly width: number;
  readonly height: number;
  readonly nodes: Readonly<Record<string, PlacedNode>>;
  /** Drawn edges only; all others are rows of their source. */
  readonly edges: Readonly<Record<string, PlacedEdge>>;
  /** Dot and line to the first state of each compound one, by the compound's id. */
  readonly initials: Readonly<
    Record<
      string,
      { readonly dot: readonly [number, number]; readonly points: PlacedEdge['points'] }
    >
  >;
  /** From a state to one beside it, where something inside the first leads to the second: faint, without a label. */
  readonly flows: readonly PlacedEdge['points'][];
}

/** Edges of the whole chart that an overview shows as one. */
export interface OverviewLine {
  readonly source: string;
  readonly target: string;
  /** Ids; the pill names the first one. */
  readonly edges: readonly string[];
  readonly text: string;
  readonly points: PlacedEdge['points'];
  readonly label: Box;
}

/** Inside a state: a command of it or of something in it, or edges that are not drawn as a line. */
export interface OverviewWord {
  /** From the left of the state's box. */
  readonly x: number;
  /** From the top of the state's box to the middle of the word. */
  readonly y: number;
  readonly width: number;
  readonly text: string;
  /** As of `OverviewLine`. */
  readonly edges: readonly string[];
}

export interface OverviewNode extends Box {
  readonly depth: number;
  /** States that are not drawn but inside this one. */
  readonly hidden: number;
  readonly words: readonly OverviewWord[];
}

/** The same chart with states below a depth left out, so that it fits on a screen. */
export interface Overview extends Pick<Layout, 'width' | 'height' | 'initials' | 'flows'> {
  readonly nodes: Readonly<Record<string, OverviewNode>>;
  readonly lines: readonly OverviewLine[];
}
