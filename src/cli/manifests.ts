/** Manifests from files, folders and stdin: every problem of every document, with its place, before anything is sent. */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { LineCounter, isNode, isScalar, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';
import { checked } from '../../actors/schema-problems.ts';
import { manifestSchemas } from '../../machines/specs.ts';
import type {
  ClusterManifest,
  ReplicationGroupManifest,
  ReplicationManifest,
} from '../../machines/specs.ts';
import { isTooDeep, tooDeep } from '../yaml-levels.ts';
import { exits } from './exit-codes.ts';
import { Failure, usage } from './failure.ts';
import type { ProblemItem } from './failure.ts';
import { nearest } from '../../actors/nearest.ts';
import { storedKinds } from './kinds.ts';
import type { StoredKind } from './kinds.ts';
import { isObject } from './view.ts';

export interface ManifestText {
  /** File name as the user would write it, or `stdin`. */
  readonly source: string;
  readonly text: string;
}

export type Declared = (
  | { readonly kind: 'cluster'; readonly manifest: ClusterManifest }
  | { readonly kind: 'replication'; readonly manifest: ReplicationManifest }
  | { readonly kind: 'replicationgroup'; readonly manifest: ReplicationGroupManifest }
) & {
  /** `fleet.yaml:12`. */
  readonly at: string;
};

/** Reads what `-f` names: files, `-`, and the YAML and JSON files of a folder in order of name. */
export function readManifestTexts(
  names: readonly string[],
  around: { readonly cwd: string; readStdin(): string },
): readonly ManifestText[] {
  return names.flatMap((name) => {
    if (name === '-') return [{ source: 'stdin', text: around.readStdin() }];
    const path = resolve(around.cwd, name);
    if (!existsSync(path)) throw usage(`there is no file ${name}`);
    if (!statSync(path).isDirectory()) return [{ source: name, text: readFileSync(path, 'utf8') }];
    const inside = readdirSync(path).filter((each) => /\.(ya?ml|json)$/.test(each));
    if (inside.length === 0) throw usage(`the folder ${name} holds no .yaml, .yml or .json file`);
    return inside.sort().map((each) => ({
      source: relative(around.cwd, join(path, each)),
      text: readFileSync(join(path, each), 'utf8'),
    }));
  });
}

/**
 * Parses and checks all documents.
 * @param namespace for documents that name none; `isForced` refuses documents that name another
 * @throws Failure `manifest.invalid` with all problems of all documents
 */
export function parseManifests(
  texts: readonly ManifestText[],
  namespace: { readonly name: string; readonly isForced: boolean },
): readonly Declared[] {
  const problems: ProblemItem[] = [];
  const declared: Declared[] = [];
  const wrongKinds: string[] = [];
  for (const text of texts)
    for (const document of documentsIn(text)) {
      const result = check(document, namespace);
      if ('problems' in result) {
        problems.push(...result.problems);
        wrongKinds.push(kindIn(document.document));
      } else declared.push(result.declared);
    }
  problems.push(...repeats(declared));
  if (problems.length > 0) throw invalid(problems, texts, wrongKinds);
  if (declared.length === 0)
    throw usage(`${texts.map((text) => text.source).join(', ')} declares nothing`, {
      tries: ['fairlead explain cluster'],
    });
  return declared;
}

interface OneDocument {
  readonly document: Document.Parsed;
  /** `file:line:column` of an offset in the text. */
  readonly at: (offset: number) => string;
}

function documentsIn({ source, text }: ManifestText): readonly OneDocument[] {
  if (isTooDeep(text)) throw usage(`${source} cannot be read: ${tooDeep}`);
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${source}:${line}:${col}`;
  };
  if (!Array.isArray(documents)) return [];
  return documents
    .filter((document) => document.errors.length > 0 || !isEmpty(document))
    .map((document) => ({ document, at }));
}

const isEmpty = ({ contents }: Document.Parsed): boolean =>
  contents === null || (isScalar(contents) && contents.value === null);

type Checked = { readonly problems: readonly ProblemItem[] } | { readonly declared: Declared };

function check(one: OneDocument, namespace: { name: string; isForced: boolean }): Checked {
  const { document, at } = one;
  const syntax = [...document.errors, ...document.warnings].map((error) => ({
    path: '',
    code: 'manifest.syntax',
    message: error.message,
    at: at(error.pos[0]),
  }));
  if (syntax.length > 0) return { problems: syntax };
  const start = at(document.contents?.range[0] ?? 0);
  const read = valueOf(document);
  if ('problem' in read) return { problems: [{ ...read.problem, at: start }] };
  const raw = withNamespace(read.value, namespace.name);
  const misplaced = problemWithKind(raw);
  if (misplaced !== undefined)
    return { problems: [{ ...misplaced, at: placeOf(one, misplaced.path) ?? start }] };
  const parsed = parsedAs(raw);
  if (!parsed.ok)
    return {
      problems: parsed.problems.map((item) => ({ ...item, at: placeOf(one, item.path) ?? start })),
    };
  const named = parsed.declared.manifest.metadata.namespace;
  if (namespace.isForced && named !== namespace.name)
    return {
      problems: [otherNamespace(named, namespace.name, placeOf(one, 'metadata.namespace'))],
    };
  return { declared: { ...parsed.declared, at: start } };
}

/** By the kind it names, which has been found to be a known one. */
function parsedAs(raw: unknown) {
  if (isObject(raw) && raw['kind'] === 'Replication') {
    const parsed = checked(manifestSchemas.Replication, raw);
    if (!parsed.ok) return parsed;
    // The schema settles the back end; the type of its fields cannot say so.
    const manifest = parsed.value as ReplicationManifest;
    return { ok: true as const, declared: { kind: 'replication' as const, manifest } };
  }
  if (isObject(raw) && raw['kind'] === 'ReplicationGroup') {
    const parsed = checked(manifestSchemas.ReplicationGroup, raw);
    if (!parsed.ok) return parsed;
    const declared = { kind: 'replicationgroup' as const, manifest: parsed.value };
    return { ok: true as const, declared };
  }
  const parsed = checked(manifestSchemas.Cluster, raw);
  if (!parsed.ok) return parsed;
  return { ok: true as const, declared: { kind: 'cluster' as const, manifest: parsed.value } };
}

/** The document as plain data; aliases that expand without end are refused here. */
function valueOf(document: Document.Parsed): { value: unknown } | { problem: ProblemItem } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { problem: { path: '', code: 'manifest.syntax', message } };
  }
}

function withNamespace(value: unknown, namespace: string): unknown {
  if (!isObject(value) || !isObject(value['metadata'])) return value;
  const { metadata } = value;
  return 'namespace' in metadata ? value : { ...value, metadata: { ...metadata, namespace } };
}

function problemWithKind(value: unknown): ProblemItem | undefined {
  const known = Object.keys(manifestSchemas);
  const code = 'manifest.unknownKind';
  if (!isObject(value))
    return {
      path: '',
      code,
      message: 'the document is no manifest; write apiVersion, kind, metadata, spec',
    };
  const { kind } = value;
  if (typeof kind === 'string' && known.includes(kind)) return undefined;
  const near = typeof kind === 'string' ? nearest(kind, known) : undefined;
  const told = kind === undefined ? 'is missing' : `is ${JSON.stringify(kind)}, which is not known`;
  const advice = near === undefined ? `use ${known.join(' or ')}` : `did you mean ${near}?`;
  return { path: 'kind', code, message: `kind ${told}; ${advice}`, got: kind, allowed: known };
}

const otherNamespace = (named: string, wanted: string, at: string | undefined): ProblemItem => ({
  path: 'metadata.namespace',
  code: 'manifest.otherNamespace',
  message: `metadata.namespace is ${named}, but -n says ${wanted}; change one of them`,
  ...(at === undefined ? {} : { at }),
});

/** Where the value of `spec.servers.count` or `spec.agentPools[0].name` stands; else the nearest part above it. */
function placeOf({ document, at }: OneDocument, path: string): string | undefined {
  const keys = keysOf(path);
  for (let length = keys.length; length > 0; length -= 1) {
    const node = document.getIn(keys.slice(0, length), true);
    if (isNode(node) && node.range != null) return at(node.range[0]);
  }
  return undefined;
}

/** Paths as problems spell them: `a.b[0]["odd key"].c`. */
const keysOf = (path: string): (string | number)[] =>
  [...path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[\]]+)/g)].map(
    ([, index, quoted, plain]) => {
      if (index !== undefined) return Number(index);
      return quoted === undefined ? (plain ?? '') : String(JSON.parse(quoted));
    },
  );

function repeats(declared: readonly Declared[]): readonly ProblemItem[] {
  const first = new Map<string, string>();
  return declared.flatMap(({ kind, manifest, at }) => {
    const { namespace, name } = manifest.metadata;
    const actor = `${kind}/${namespace}/${name}`;
    const before = first.get(actor);
    first.set(actor, before ?? at);
    if (before === undefined) return [];
    const message = `${actor} is declared twice, first at ${before}; keep one of them`;
    return [{ path: 'metadata.name', code: 'manifest.repeated', message, at }];
  });
}

/** What the document says to be, for telling where its fields are explained. */
const kindIn = (document: Document.Parsed): StoredKind => {
  const named = document.errors.length === 0 ? String(document.get('kind')).toLowerCase() : '';
  return storedKinds.find((kind) => kind === named) ?? 'cluster';
};

function invalid(
  problems: readonly ProblemItem[],
  texts: readonly ManifestText[],
  kinds: readonly string[],
): Failure {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const where = texts.length === 1 ? (texts[0]?.source ?? '') : `${texts.length} files`;
  return new Failure(
    {
      code: 'manifest.invalid',
      message: `${count} in ${where}; nothing was sent`,
      problems,
      retryable: false,
    },
    exits.usage,
    [...new Set(kinds)].map((kind) => `fairlead explain ${kind}.spec`),
  );
}
