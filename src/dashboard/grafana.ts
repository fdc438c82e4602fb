/** The dashboard as Grafana imports it (schema 39, Grafana 10 and newer); the data source is chosen when it is imported. */
import { rows } from './panels.ts';
import type { Panel, Row } from './panels.ts';

const WIDTH = 24;
const sizes = { stat: { w: 4, h: 4 }, timeseries: { w: 8, h: 7 } } as const;

const datasource = { type: 'prometheus', uid: '${DS_PROMETHEUS}' } as const;

interface Place {
  readonly x: number;
  readonly y: number;
}

function panelJson(panel: Panel, id: number, { x, y }: Place): object {
  const { kind, title, help, unit, queries, thresholds } = panel;
  const steps = thresholds
    ? [
        { color: 'green', value: null },
        { color: 'yellow', value: thresholds[0] },
        { color: 'red', value: thresholds[1] },
      ]
    : [{ color: 'green', value: null }];
  return {
    id,
    type: kind,
    title,
    description: help,
    datasource,
    gridPos: { ...sizes[kind], x, y },
    fieldConfig: { defaults: { unit, thresholds: { mode: 'absolute', steps } }, overrides: [] },
    options:
      kind === 'stat'
        ? { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'background' }
        : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCharCode(65 + index),
      datasource,
      expr,
      legendFormat: legend === '' ? '__auto' : legend,
    })),
  };
}

/** Panels of one row laid from left to right, wrapped at the full width. */
function rowJson(row: Row, firstId: number, top: number): { json: object[]; bottom: number } {
  const json: object[] = [
    {
      ...{ id: firstId, type: 'row', title: row.title, collapsed: false, panels: [] },
      gridPos: { x: 0, y: top, w: WIDTH, h: 1 },
    },
  ];
  let place: Place = { x: 0, y: top + 1 };
  let bottom = place.y;
  for (const [index, panel] of row.panels.entries()) {
    const { w, h } = sizes[panel.kind];
    if (place.x + w > WIDTH) place = { x: 0, y: bottom };
    json.push(panelJson(panel, firstId + 1 + index, place));
    bottom = Math.max(bottom, place.y + h);
    place = { x: place.x + w, y: place.y };
  }
  return { json, bottom };
}

/** Plain JSON, the same for the same registry. */
export function grafanaDashboard(): object {
  const panels: object[] = [];
  let top = 0;
  for (const row of rows()) {
    const { json, bottom } = rowJson(row, panels.length + 1, top);
    panels.push(...json);
    top = bottom;
  }
  return {
    __inputs: [
      {
        ...{ name: 'DS_PROMETHEUS', label: 'Prometheus', type: 'datasource' },
        ...{ pluginId: 'prometheus', pluginName: 'Prometheus' },
      },
    ],
    title: 'Fairlead',
    uid: 'fairlead',
    tags: ['fairlead'],
    timezone: 'browser',
    schemaVersion: 39,
    version: 1,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    templating: { list: [] },
    panels,
  };
}
