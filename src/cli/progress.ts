/** Progress on stderr: a block redrawn in place on a terminal, otherwise one line per change with the time elapsed. */
import { stopwatch } from './duration.ts';
import type { Style } from './style.ts';
import { cut } from './table.ts';
import type { Terminal } from './terminal.ts';
import { faceOf } from './faces.ts';
import { nodeMood } from './view.ts';
import type { ClusterView, NodeView, ResourceView } from './view.ts';

export interface Progress {
  show(actor: string, view: ResourceView): void;
  /** A line of its own about a resource or the way to it. */
  note(text: string): void;
  /** Leaves the last state on the screen. */
  end(): void;
}

/** Nodes shown per cluster on a terminal: those still under way first. */
const nodesShownMax = 12;

export function openProgress(terminal: Terminal, style: Style): Progress {
  const startedMs = terminal.nowMs();
  const elapsed = (): string => stopwatch(terminal.nowMs() - startedMs);
  return style.live ? liveBlock(terminal, style, elapsed) : changeLines(terminal, elapsed);
}

function changeLines(terminal: Terminal, elapsed: () => string): Progress {
  const last = new Map<string, string>();
  return {
    show: (actor, view) => {
      const face = faceOf(view);
      const reason = face.reason(view);
      const told = `${face.position(view)} ${reason}`;
      if (last.get(actor) === told) return;
      last.set(actor, told);
      const parts = [elapsed(), actor, face.position(view), face.detail(view), reason];
      terminal.err(`${parts.filter((part) => part !== '').join('  ')}\n`);
    },
    note: (text) => {
      terminal.err(`${elapsed()}  ${text}\n`);
    },
    end: () => undefined,
  };
}

function liveBlock(terminal: Terminal, style: Style, elapsed: () => string): Progress {
  const views = new Map<string, ResourceView>();
  let drawn = 0;
  /** Up to the first line drawn before, then clear to the end of the screen. */
  const back = (): string => (drawn > 0 ? `\u001b[${drawn}A\u001b[0J` : '');
  const draw = (): void => {
    const lines = fitting(
      [...views].map(([actor, view]) => resourceLines(style, actor, view, elapsed())),
      (terminal.rows?.() ?? 24) - 1,
    );
    terminal.err(back() + lines.map((line) => `${cut(line, terminal.columns())}\n`).join(''));
    drawn = lines.length;
  };
  const ticking = setInterval(draw, 1000);
  ticking.unref();
  return {
    show: (actor, view) => {
      views.set(actor, view);
      draw();
    },
    note: (text) => {
      terminal.err(`${back()}${text}\n`);
      drawn = 0;
      draw();
    },
    end: () => {
      clearInterval(ticking);
    },
  };
}

/** Lines that scrolled away cannot be redrawn: what is too much becomes one line per resource, and then a number. */
function fitting(blocks: readonly (readonly string[])[], linesMax: number): readonly string[] {
  const all = blocks.flat();
  if (all.length <= linesMax) return all;
  const heads = blocks.map(([head = '']) => head);
  if (heads.length <= linesMax) return heads;
  return [...heads.slice(0, linesMax - 1), `and ${heads.length - linesMax + 1} more`];
}

function resourceLines(style: Style, actor: string, view: ResourceView, time: string): string[] {
  const face = faceOf(view);
  const head = [
    `${style.symbol(face.mood(view))} ${style.paint('bold', actor)}`,
    face.position(view),
    time,
    face.detail(view),
    face.reason(view),
  ];
  return [head.filter((part) => part !== '').join('  '), ...nodeLines(style, view)];
}

/** Steps and open nodes; replications have neither. */
function nodeLines(style: Style, { status }: ClusterView): string[] {
  const steps = (status?.progress?.steps ?? []).map((step) => `${step.name} ${step.state}`);
  const open = (status?.nodes ?? []).filter((node) => nodeMood(node) !== 'good');
  const hidden = open.length - nodesShownMax;
  return [
    ...(steps.length > 0 ? [style.paint('dim', `    ${steps.join(' · ')}`)] : []),
    ...open.slice(0, nodesShownMax).map((node) => `    ${nodeText(style, node)}`),
    ...(hidden > 0 ? [`    and ${hidden} more`] : []),
  ];
}

function nodeText(style: Style, node: NodeView): string {
  const parts = [
    `${style.symbol(nodeMood(node))} ${node.name}`,
    node.zone ?? '',
    node.state ?? '',
    (node.progress ?? 0) > 0 ? `${node.progress ?? 0}%` : '',
    node.reason ?? '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}
