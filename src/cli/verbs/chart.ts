/** `fairlead chart`: the chart of a kind, or of one resource with the states it is in. */
import { activeIdsOf } from '../../inspector/chart/active.ts';
import { dotOf } from '../../inspector/chart/dot.ts';
import { mermaidOf } from '../../inspector/chart/mermaid.ts';
import { outlineOf, outlineOfValue } from '../../inspector/chart/outline.ts';
import type { OutlineWish } from '../../inspector/chart/outline.ts';
import { overviewSvgOf } from '../../inspector/chart/overview-svg.ts';
import { storedCharts } from '../../inspector/chart/stored.ts';
import type { DrawnChart } from '../../inspector/chart/stored.ts';
import { svgOf } from '../../inspector/chart/svg.ts';
import { chartFormats, chartKinds } from '../chart-words.ts';
import type { ChartFormat } from '../chart-words.ts';
import { exits } from '../exit-codes.ts';
import { usage } from '../failure.ts';
import { readLive } from '../live-machine.ts';
import type { LiveMachine } from '../live-machine.ts';
import { kindOf, storedKinds, targetOf } from '../kinds.ts';
import { outlineLooks } from '../outline-looks.ts';
import type { Shell, Verb } from '../shell.ts';
import { speaksUnicode } from '../style.ts';

export const chart: Verb = async (shell) => {
  const format = formatOf(shell);
  if (shell.flags.overview === true && format !== 'svg')
    throw usage('--overview is a drawing', { tries: ['fairlead chart <kind> --overview -o svg'] });
  const machine = shell.operands[0] ?? '';
  if (kindOf(machine) === undefined && chartNamed(machine) !== undefined) {
    if (shell.operands.length > 1) throw partOfOthers(machine);
    shell.terminal.out(drawnText(shell, format, chartOfMachine(machine)));
    return exits.ok;
  }
  const target = targetOf(shell.operands, shell.namespace, { name: 'chart', kinds: chartKinds });
  if (target.names.length === 0) {
    if (shell.flags.child !== undefined)
      throw usage('--child needs a resource', {
        tries: [`fairlead chart ${target.kind} <name> --child ${shell.flags.child}`],
      });
    shell.terminal.out(drawnText(shell, format, chartOfMachine(target.kind)));
    return exits.ok;
  }
  if (!storedKinds.some((kind) => kind === target.kind)) throw partOfOthers(target.kind);
  const session = await shell.session();
  for (const { namespace, name } of target.names) {
    const key = { kind: target.kind, namespace, name };
    const live = await readLive(session, key, shell.flags.child ?? '', storedCharts());
    shell.terminal.out(liveText(shell, format, live));
  }
  return exits.ok;
};

/** Parsing lets nothing else through. */
const formatOf = ({ flags }: Shell): ChartFormat =>
  chartFormats.find((format) => format === (flags.output as string | undefined)) ?? 'text';

const chartNamed = (id: string): DrawnChart | undefined =>
  Object.values(storedCharts()).find((drawn) => drawn.chart.id === id);

function chartOfMachine(id: string): DrawnChart {
  const drawn = chartNamed(id);
  if (drawn === undefined) throw new Error(`layouts.json has no chart of ${id}`);
  return drawn;
}

const partOfOthers = (machine: string): Error =>
  usage(`${machine} has no record of its own, so only its chart can be shown`, {
    tries: [`fairlead chart ${machine}`, 'fairlead chart cluster <name> --child <id>'],
  });

function drawnText(
  shell: Shell,
  format: ChartFormat,
  { chart, layout, overview }: DrawnChart,
  activeIds?: readonly string[],
): string {
  const marked = activeIds === undefined ? {} : { activeIds };
  switch (format) {
    case 'svg':
      return shell.flags.overview === true && overview !== undefined
        ? overviewSvgOf({ chart, overview, ...marked })
        : svgOf({ chart, layout, ...marked });
    case 'mermaid':
      return mermaidOf(chart, activeIds);
    case 'dot':
      return dotOf(chart, activeIds);
    case 'text':
      return outlineOf(chart, { ...looks(shell), ...marked });
  }
}

/** A chart of another version is not guessed at: what the value itself says is shown. */
function liveText(shell: Shell, format: ChartFormat, live: LiveMachine): string {
  const { drawn, value, title } = live;
  if (drawn !== undefined) {
    const text = drawnText(shell, format, drawn, activeIdsOf(drawn.chart, value));
    return format === 'text' ? `${titleLine(shell, live)}${text}` : text;
  }
  if (format !== 'text')
    throw usage(`${title} runs a chart that this version does not have (${live.hash})`, {
      reason: 'the host is of another version',
      tries: ['fairlead chart … without -o shows the states it is in'],
    });
  shell.note(
    `the host's chart (${live.hash}) is not the one of this version; shown by its state alone`,
  );
  return `${titleLine(shell, live)}${outlineOfValue(live.src, value, looks(shell))}`;
}

const titleLine = ({ outStyle }: Shell, { title, about }: LiveMachine): string =>
  `${[outStyle.paint('bold', title), ...about].join('   ')}\n`;

const looks = ({ terminal, outStyle }: Shell): OutlineWish =>
  outlineLooks(outStyle, !speaksUnicode(terminal.env));
