/** Events of some resources: what is stored of them, and which of the stream belong to them. */
import type { EventView } from './columns.ts';
import type { EventFilter } from './session.ts';

/** Where events come from: what is stored, and what the stream will bring. */
export interface EventSource {
  readonly filter: EventFilter;
  stored(): Promise<EventView[]>;
  isWanted(event: EventView): boolean;
}
