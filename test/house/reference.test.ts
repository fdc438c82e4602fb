/** The reference pages and the code tell the same, both ways: metrics with type and labels, fault codes wherever they arise. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { effectRegistry } from '../../actors/effects/registry.ts';
import { faults } from '../../actors/faults.ts';
import { metrics } from '../../actors/metric-names.ts';
import { packageRoot } from '../../src/package-root.ts';

const root = packageRoot();
const page = (name: string): string =>
  readFileSync(join(root, 'docs', 'reference', `${name}.md`), 'utf8');

/** Cells of the tables' rows that begin with a code span. */
const rowsOf = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

const plain = (cell = ''): string => cell.replaceAll('`', '');

describe('docs/reference/metrics.md', () => {
  it('has a row for every metric with its type, labels and help, and none besides', () => {
    const told = rowsOf(page('metrics')).map(([name, type, labels, help]) => [
      ...[plain(name), type, plain(labels), help],
    ]);
    const known = Object.entries(metrics).map(([name, { type, labels, help }]) => [
      ...[name, type, labels.join(', '), help],
    ]);
    expect(told.sort()).toEqual(known.sort());
  });
});

/** One that is kept is read from whoever measures, and its series end with what they describe. */
it('no counter or histogram of the whole process carries a namespace, a name or a cluster [R-22] [D-44]', () => {
  const personal = Object.entries(metrics).filter(
    ([, { type, labels, isKept }]) =>
      type !== 'gauge' &&
      isKept !== true &&
      labels.some((label) => /^(namespace|name|cluster|uid)$/.test(label)),
  );
  expect(personal).toEqual([]);
});

describe('docs/reference/faults.md', () => {
  const rows = rowsOf(page('faults'));
  const told = rows.map(([code]) => plain(code));

  it('tells status, meaning and remedy of every registered code as replies do', () => {
    const registered = rows.filter(([code]) => plain(code) in faults);
    const known = Object.entries(faults).map(([code, { status, meaning, remedy }]) => [
      ...[code, String(status), meaning, remedy],
    ]);
    const cells = registered.map(([code, ...rest]) => [plain(code), ...rest]);
    expect(cells.sort()).toEqual(known.sort());
  });

  it('has each code once', () => {
    expect(told.filter((code, at) => told.indexOf(code) !== at)).toEqual([]);
  });

  it('has a row for every code that the sources use, and none besides', () => {
    const used = codesInSources();
    expect([...used].filter((code) => !told.includes(code)).sort()).toEqual([]);
    expect(told.filter((code) => !used.has(code)).sort()).toEqual([]);
  });
});

/** Areas whose every `area.camelCase` text is a fault code. */
const areas = [
  ...['manifest', 'command', 'resource', 'revision', 'transition', 'mailbox', 'outbox', 'record'],
  ...['actor', 'service', 'internal', 'effect', 'limit', 'account', 'region', 'group', 'image'],
  ...['batch', 'fanOut', 'instance', 'precondition', 'mode', 'volume'],
  ...['reply', 'pages', 'dryRun', 'channels', 'script', 'config', 'cli', 'stack'],
  'kube',
  'backend',
];
/** Areas that name events or effects too: a code only where the line says so. */
const sharedAreas = [
  ...['cluster', 'node', 'operation', 'call', 'circuit', 'breaker', 'guard', 'epoch', 'fence'],
];
const saysCode = /\bcode\b|Fault\(|\['[A-Z]/;
/** Names of files, of an event beside a code, and messages of @xstate/inspect that look like codes. */
const notCodes = [
  ...['cli.nk', 'stack.lock', 'call.slow'],
  ...['service.register', 'service.event', 'service.state', 'service.stop'],
];

function codesInSources(): Set<string> {
  const found = ['actors', 'machines', 'src'].flatMap((ring) =>
    readdirSync(join(root, ring), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|sh)$/.test(name))
      .flatMap((name) => codesIn(readFileSync(join(root, ring, name), 'utf8'), name)),
  );
  return new Set(found.filter((code) => !notCodes.includes(code) && !(code in effectRegistry)));
}

function codesIn(text: string, file: string): string[] {
  if (file.endsWith('.sh'))
    return text.match(/\bscript\.[a-z][A-Za-z]+|(?<=\bfail )[a-z]+\.[a-zA-Z]+/g) ?? [];
  return text.split('\n').flatMap((line) =>
    [...line.matchAll(/'(([a-zA-Z]+)\.[a-z][A-Za-z]+)'/g)].flatMap(([, code = '', area = '']) => {
      const isCode = areas.includes(area) || (sharedAreas.includes(area) && saysCode.test(line));
      return isCode ? [code] : [];
    }),
  );
}
