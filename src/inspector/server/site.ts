/** The page's built files. All are read at start: what is asked for is looked up by name, never on the disk. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import type { Answer } from './replies.ts';
import { refusal } from './refusal.ts';

export interface Site {
  /**
   * @param path  of the URL, with its leading `/`, not decoded
   * @param accepted  header Accept-Encoding
   * @param known  header If-None-Match
   * @throws Refusal 404, or 503 when no page was built
   */
  answer(path: string, accepted: string, known: string): Answer;
}

interface Asset {
  readonly type: string;
  readonly isHashed: boolean;
  /** By content encoding; `identity` is always there. */
  readonly forms: Readonly<Record<string, { readonly bytes: Buffer; readonly etag: string }>>;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.json': 'application/json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
};

const encodings = { br: '.br', gzip: '.gz' } as const;
/** As esbuild writes `[name]-[hash]`. */
const hashed = /-[A-Z0-9]{8}\.[a-z]+$/;
const entry = 'index.html';

/** @param folder  of the built page; it may be missing */
export function openSite(folder: string): Site {
  const assets = new Map<string, Asset>();
  for (const name of namesIn(folder)) assets.set(name, assetOf(folder, name));
  return {
    answer: (path, accepted, known) => {
      const name = nameOf(path);
      const asset = assets.get(name) ?? (isView(name) ? assets.get(entry) : undefined);
      if (asset !== undefined) return served(asset, accepted, known);
      if (isView(name))
        throw refusal(
          'unavailable',
          'the page was not built; run `npm run build`, then start the host again',
        );
      throw refusal('notFound', 'no such file; open / for the inspector');
    },
  };
}

/** Every view is drawn by the page itself; only files have a dot in their last part. */
const isView = (name: string): boolean => !name.slice(name.lastIndexOf('/') + 1).includes('.');

function nameOf(path: string): string {
  try {
    const name = decodeURIComponent(path).slice(1);
    return name === '' ? entry : name;
  } catch {
    throw refusal('badRequest', 'the path has a broken % sequence; correct it');
  }
}

function namesIn(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch (error) {
    // The server answers that there is no page; everything else works.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const isShown = (name: string): boolean =>
    types[extname(name)] !== undefined && statSync(join(folder, name)).isFile();
  return names.filter(isShown).map((name) => name.split(sep).join('/'));
}

function assetOf(folder: string, name: string): Asset {
  const file = join(folder, name);
  const forms: Record<string, { bytes: Buffer; etag: string }> = { identity: formOf(file) };
  for (const [encoding, ending] of Object.entries(encodings))
    if (statSync(`${file}${ending}`, { throwIfNoEntry: false })?.isFile() === true)
      forms[encoding] = formOf(`${file}${ending}`);
  const type = types[extname(name)] ?? 'application/octet-stream';
  return { type, isHashed: hashed.test(name), forms };
}

function formOf(file: string): { bytes: Buffer; etag: string } {
  const bytes = readFileSync(file);
  const digest = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  return { bytes, etag: `"${digest}"` };
}

function served({ type, isHashed, forms }: Asset, accepted: string, known: string): Answer {
  const wishes = accepted.split(',').map((each) => each.trim());
  const encoding = Object.keys(encodings).find(
    (each) => forms[each] !== undefined && wishes.some((wish) => isWished(wish, each)),
  );
  const form = forms[encoding ?? 'identity'];
  if (form === undefined) throw refusal('notFound');
  const headers = {
    'content-type': type,
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: form.etag,
    vary: 'Accept-Encoding',
    ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
  };
  const isKnown = known.split(/, */).includes(form.etag);
  return isKnown ? { status: 304, headers } : { bytes: form.bytes, headers };
}

const isWished = (wish: string, encoding: string): boolean =>
  wish === encoding || (wish.startsWith(`${encoding};`) && !/;\s*q=0(\.0*)?$/.test(wish));
