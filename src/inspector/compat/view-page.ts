/**
 * `/inspect/view`: a page that apps of others tell what their actors do, by postMessage. Any site may open or frame it, so it
 * has nothing: no login, no cookie, no request of its own, and, being sandboxed, not even the origin it came from.
 */
import type { Answer } from '../server/replies.ts';
import { openSite } from '../server/site.ts';

export interface ViewPage {
  /** Undefined for paths of others. @throws Refusal 404, or 503 when it was not built */
  answer(path: string, accepted: string, known: string): Answer | undefined;
}

const base = '/inspect/view';

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  'frame-ancestors *',
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  'sandbox allow-scripts',
].join('; ');

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': contentSecurityPolicy,
  // It answers to the window that opened it, which may be of any origin.
  'cross-origin-opener-policy': 'unsafe-none',
  // Sandboxed, it is a stranger to its own files.
  'cross-origin-resource-policy': 'cross-origin',
};

/** @param folder  of the built viewer */
export function openViewPage(folder: string): ViewPage {
  const site = openSite(folder);
  return {
    answer: (path, accepted, known) => {
      if (path !== base && !path.startsWith(`${base}/`)) return undefined;
      const own = path.slice(base.length);
      const answer = site.answer(own === '' ? '/' : own, accepted, known);
      return { ...answer, headers: { ...answer.headers, ...headers } };
    },
  };
}
