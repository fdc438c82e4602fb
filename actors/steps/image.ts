/** The image of a stored snapshot: every machine of the tree with what may be shown of its context. */
import type { InspectRules } from '../../machines/inspect.ts';
import { isSame } from './patch.ts';
import { redactContext } from './redact.ts';
import type { Image } from './step.ts';

/** As XState persists a machine; promises have neither value nor context. */
export interface PersistedMachine {
  readonly status: string;
  readonly value?: unknown;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly children?: Readonly<
    Record<string, { readonly src: unknown; readonly snapshot: PersistedMachine }>
  >;
}

/** An image that was made of an earlier snapshot: parts that are the same objects since are taken over. */
export interface Made {
  readonly snapshot: unknown;
  readonly image: Image;
}

const nothing: Readonly<Record<string, never>> = {};

/** @param src  the kind's name at the root */
export function imageOf(src: string, snapshot: unknown, rules: InspectRules, made?: Made): Image {
  return machineImage(src, snapshot as PersistedMachine, rules, made);
}

function machineImage(
  src: string,
  raw: PersistedMachine,
  rules: InspectRules,
  made: Made | undefined,
): Image {
  const before = made?.snapshot as PersistedMachine | undefined;
  const { status, value } = raw;
  const context =
    raw.context &&
    redactContext(rules[src] ?? nothing, raw.context, contextBefore(before, made?.image));
  const children = childImages(raw, rules, made);
  const known = made?.image;
  // The very object of before, so that nobody has to look for differences in it.
  if (
    known?.status === status &&
    known.context === context &&
    known.children === children &&
    isSame(known.value, value)
  )
    return known;
  if (context === undefined)
    return value === undefined ? { src, status, children } : { src, status, children, value };
  return value === undefined
    ? { src, status, children, context }
    : { src, status, children, value, context };
}

/** The very object of before where every child is. */
function childImages(
  { children = {} }: PersistedMachine,
  rules: InspectRules,
  made: Made | undefined,
): Image['children'] {
  const known = made?.image.children;
  const images: Record<string, Image> = {};
  let changes = 0;
  for (const [id, child] of Object.entries(children)) {
    const src = typeof child.src === 'string' ? child.src : 'inline';
    const image = machineImage(src, child.snapshot, rules, madeBelow(made, id, src));
    images[id] = image;
    if (known?.[id] !== image) changes += 1;
  }
  const isAsBefore =
    known !== undefined &&
    changes === 0 &&
    Object.keys(known).length === Object.keys(images).length;
  return isAsBefore ? known : images;
}

function contextBefore(before: PersistedMachine | undefined, image: Image | undefined) {
  if (before?.context === undefined || image?.context === undefined) return undefined;
  return { raw: before.context, shown: image.context };
}

function madeBelow(made: Made | undefined, id: string, src: string): Made | undefined {
  const child = (made?.snapshot as PersistedMachine | undefined)?.children?.[id];
  const image = made?.image.children[id];
  if (child === undefined || image?.src !== src) return undefined;
  return { snapshot: child.snapshot, image };
}
