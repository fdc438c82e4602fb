/** The committed files of the charts: what pages draw from, and pictures for the docs. */
import type { Chart } from '../chart/model.ts';
import { overviewSvgOf } from '../chart/overview-svg.ts';
import { svgOf } from '../chart/svg.ts';
import type { DrawnChart } from '../chart/stored.ts';

/** `layouts.json`: one line for each chart, by its hash. */
export const layoutsJson = (drawn: readonly DrawnChart[]): string =>
  `{\n${drawn
    .map((each) => `${JSON.stringify(each.chart.hash)}: ${JSON.stringify(each)}`)
    .join(',\n')}\n}\n`;

/** Path below the package and content of each picture, and of the page that lists them. */
export const pictures = (drawn: readonly DrawnChart[]): [path: string, text: string][] => [
  ...drawn.flatMap((each): [string, string][] => {
    const { chart, overview } = each;
    return [
      [`docs/charts/${chart.id}.svg`, svgOf(each)],
      ...(overview === undefined
        ? []
        : ([[overviewPath(chart), overviewSvgOf({ chart, overview })]] as [string, string][])),
    ];
  }),
  ['docs/charts/README.md', listing(drawn)],
];

const overviewPath = ({ id }: Chart): string => `docs/charts/${id}-overview.svg`;

function listing(drawn: readonly DrawnChart[]): string {
  const lines = drawn.flatMap(({ chart, layout, overview }) => [
    ...(overview === undefined
      ? []
      : [
          `- [\`${chart.id}-overview.svg\`](${chart.id}-overview.svg): ${aboutOf(chart)}; ${Object.keys(overview.nodes).length} of ${chart.nodes.length} states, ${overview.width}×${overview.height} px. Start here.`,
        ]),
    `- [\`${chart.id}.svg\`](${chart.id}.svg): ${overview === undefined ? aboutOf(chart) : 'the whole chart'}; ${chart.nodes.length} states, ${chart.edges.length} edges, ${layout.width}×${layout.height} px.`,
  ]);
  return `${head}\n${lines.join('\n')}\n`;
}

const aboutOf = ({ id }: Chart): string => abouts[id] ?? id;

const abouts: Readonly<Record<string, string>> = {
  cluster: 'a cluster from its plan to its end',
  node: 'one machine of a cluster',
  operation: 'one call outside with its retries',
  replication: 'a pair of clusters, of which one holds the writer',
  replicationgroup: 'replications that fail over together',
  guardFleet: 'the guards of all that is called',
  guard: 'what limits the calls to one place',
  breaker: 'a circuit breaker',
  probe: 'the probes of a breaker',
};

const head = `# Charts

Drawn from the machines themselves; a test fails when one is not up to date.

- \`npm run layouts\` makes all of them anew, with \`src/inspector/chart/layouts.json\`, which the inspector's page draws from, and this page.
- \`fairlead chart cluster -o svg\` gives the same picture, \`fairlead chart cluster -o svg --overview\` the overview. With a name (\`fairlead chart cluster prod-1 -o svg\`) the active states are lit.
- \`-o mermaid\`, \`-o dot\` and \`-o text\` give the whole chart as text.
- \`npm run coverage:charts\` paints them by what its tests have taken and entered, into \`test/artifacts/chart-coverage\`.

In an overview a box with a second one behind it hides states. A line stands for all edges from one box to another: its label is the first of them, commands before others, and \`+2\` counts the other labels. Words in a box are commands taken somewhere inside, and ways to states that no line leads to. Words in square brackets are guards of edges that need no event.
`;
