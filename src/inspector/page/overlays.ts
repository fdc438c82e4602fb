/** Which dialog of the whole page is open. Views keep their own. */
import { signal } from '@preact/signals';

export const overlay = signal<'none' | 'help' | 'palette'>('none');

/** Something the palette offers besides views and actors: views say theirs while they are there. */
export interface Offer {
  readonly title: string;
  readonly hint: string;
  readonly run: () => void;
}

export const offers = signal<readonly Offer[]>([]);
