/** From the window a client holds to the one it should hold, in few bytes. */
import type { Row, StreamEvents } from '../api.ts';

export type RowsDelta = Pick<StreamEvents['rows'], 'rows' | 'order' | 'changes'>;

/** Undefined when both are the same. Rows that did not change are the same objects. */
export function windowDelta(
  before: readonly Row[] | undefined,
  after: readonly Row[],
): RowsDelta | undefined {
  const places = new Map(before?.map(({ actor }, place) => [actor, place]));
  const order = after.map(({ actor }) => places.get(actor) ?? -1);
  const isMoved = before?.length !== after.length || order.some((place, index) => place !== index);
  const changes = after.flatMap((row, place) => {
    const old = before?.[order[place] ?? -1];
    const fields = old && old !== row ? changedFields(old, row) : {};
    return Object.keys(fields).length > 0 ? [[place, fields] as const] : [];
  });
  if (!isMoved && changes.length === 0) return undefined;
  return {
    rows: after.filter((_, place) => order[place] === -1),
    ...(isMoved && { order }),
    ...(changes.length > 0 && { changes }),
  };
}

function changedFields(before: Row, after: Row): Partial<Row> {
  const fields = Object.entries(after).filter(
    ([field, value]) => before[field as keyof Row] !== value,
  );
  return Object.fromEntries(fields);
}
