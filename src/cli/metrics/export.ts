/** `metrics --export`: everything measured, as JSON, as Prometheus text, or as CSV. */
import { metrics as registered } from '../../../actors/metric-names.ts';
import { report } from './report.ts';
import type { Look } from './report.ts';
import type { Sample } from '../../kpi/samples.ts';

export type ExportFormat = 'json' | 'prometheus' | 'csv';

export function exportText(look: Look, format: ExportFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(report(look), null, 2)}\n`;
    case 'prometheus':
      return prometheusText(look.samples);
    case 'csv':
      return csvText(look);
  }
}

/** The text that a scrape of all hosts would give, each series with its host. */
function prometheusText(samples: readonly Sample[]): string {
  const families = new Map<string, Sample[]>();
  for (const sample of samples)
    families.set(sample.metric, [...(families.get(sample.metric) ?? []), sample]);
  return [...families].map(([metric, own]) => familyText(metric, own)).join('');
}

function familyText(metric: string, samples: readonly Sample[]): string {
  const help = Object.hasOwn(registered, metric)
    ? registered[metric as keyof typeof registered].help
    : metric;
  const head = `# HELP ${metric} ${help}\n# TYPE ${metric} ${samples[0]?.type ?? 'untyped'}\n`;
  return head + samples.flatMap(seriesLines).join('');
}

function seriesLines(sample: Sample): string[] {
  const { metric, type, host, value = 0, count = 0, sum = 0, buckets = [] } = sample;
  const labels = { ...sample.labels, host };
  const line = (name: string, own: object, number: number): string =>
    `${name}{${labelText({ ...own })}} ${number}\n`;
  if (type !== 'histogram') return [line(metric, labels, value)];
  return [
    ...buckets.map(([bound, upTo]) => line(`${metric}_bucket`, { ...labels, le: bound }, upTo)),
    line(`${metric}_sum`, labels, sum),
    line(`${metric}_count`, labels, count),
  ];
}

const labelText = (labels: Readonly<Record<string, unknown>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${JSON.stringify(String(value))}`)
    .join(',');

/** One line per figure, then one per series. */
function csvText({ atMs, kpis, samples }: Look): string {
  const time = new Date(atMs).toISOString();
  const rows = [
    ['time', 'host', 'name', 'value', 'count', 'sum', 'target', 'alert', 'verdict'],
    ...kpis.map(({ name, value, target, alert, verdict }) => [
      ...[time, '', name, value, '', '', target, alert, verdict],
    ]),
    ...samples.map(({ host, name, value, count, sum }) => [
      ...[time, host, name, value, count, sum, '', '', ''],
    ]),
  ];
  return rows.map((row) => `${row.map(cellText).join(',')}\n`).join('');
}

/** Quoted where it must be; a formula in a spreadsheet it never becomes, since names begin with a letter. */
function cellText(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
