/** What a page has shown from one drawing to the next: more than one look at the end can tell. */
import type { Page } from 'playwright-core';
import { inPage } from './watched.ts';

export interface Seen {
  /** Names of the active states, from change to change; of folded ones what is active inside. */
  readonly leaves: readonly string[];
  /** Drawings with a taken edge. */
  readonly taken: number;
  readonly stroke: string;
  /** Stroke of a line that was not taken. */
  readonly rest: string;
  /** Step lists that held a step twice. */
  readonly doubled: readonly string[];
}

const recorder = `(() => {
  const seen = (globalThis.seen = { leaves: [], taken: 0, stroke: '', rest: '', doubled: [] });
  const stroke = (element) => getComputedStyle(element).stroke;
  const look = () => {
    const leaves = [...document.querySelectorAll('.chart .node.entered .name, .chart .node.active .name, .chart .row.inside')].map((each) => each.textContent).join();
    if (leaves !== '' && seen.leaves.at(-1) !== leaves) seen.leaves.push(leaves);
    const lines = document.querySelectorAll('.chart path.edge.taken');
    if (document.querySelector('.chart .taken:not(.head)')) seen.taken += 1;
    const rest = document.querySelector('.chart path.edge:not(.taken, .enabled, .error)');
    if (lines[0] && rest) Object.assign(seen, { stroke: stroke(lines[0]), rest: stroke(rest) });
    const steps = [...document.querySelectorAll('.steps .step > a:first-child')].map((each) => each.search);
    if (new Set(steps).size !== steps.length) seen.doubled.push(steps.join());
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
  look();
})()`;

/** From now on, as long as this document lives. */
export const record = (page: Page): Promise<void> => inPage(page, recorder);

export const seenBy = (page: Page): Promise<Seen> => inPage<Seen>(page, 'globalThis.seen');
