/** One cluster as lines of a tree, out of its image: what runs below what, in which state. */
import type { Image } from '../../../api.ts';
import { statePaths } from '../../state-words.ts';

export interface Line {
  readonly id: string;
  readonly src: string;
  /** Ids from the root, joined by `/`: opens its chart. Empty where there is none, as of a call. */
  readonly child: string;
  readonly state: string;
  /** What it works at and what it waits for; empty when there is nothing to say. */
  readonly note: string;
  /** Key of the breaker it waits for; empty when it waits for none. */
  readonly breaker: string;
  readonly isOver: boolean;
  readonly below: readonly Line[];
}

/** Children in order of their ids, numbers in them as numbers; those that have ended come last. */
export function linesOf(image: Image, path: readonly string[] = []): readonly Line[] {
  const waiting = recordIn(image.context, 'waiting');
  return Object.entries(image.children)
    .map(([id, child]) => lineOf(id, child, [...path, id], waiting))
    .sort(
      (left, right) =>
        Number(left.isOver) - Number(right.isOver) ||
        left.id.localeCompare(right.id, 'en', { numeric: true }),
    );
}

function lineOf(id: string, image: Image, path: readonly string[], waiting: Fields): Line {
  const isOperation = image.src === 'operation';
  const isCircuit = isOperation && waiting['waitingFor'] === 'circuit';
  return {
    ...{ id, src: image.src, child: image.value === undefined ? '' : path.join('/') },
    state: image.value === undefined ? image.status : statePaths(image.value),
    note: isOperation ? operationNote(image) : nodeNote(image),
    breaker: isCircuit ? text(waiting['because']) : '',
    isOver: image.status !== 'active',
    below: linesOf(image, path),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

function recordIn(context: Fields | undefined, name: string): Fields {
  const value = context?.[name];
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function operationNote({ context = {} }: Image): string {
  const fault = recordIn(context, 'lastFault');
  const parts = [
    text(context['effect']),
    Number(context['attempt']) > 1 ? `try ${text(context['attempt'])}` : '',
  ];
  return [...parts, text(fault['code'])].filter((part) => part !== '').join(', ');
}

const nodeNote = ({ context = {} }: Image): string =>
  [text(context['instanceId']), text(context['privateIp']), text(context['reason'])]
    .filter((part) => part !== '')
    .join(', ');
