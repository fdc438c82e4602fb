/** Differences between JSON documents, and back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch, diff, isEmpty, isSame } from '../../../../actors/steps/patch.ts';

const json = fc.jsonValue({ maxDepth: 5 }) as fc.Arbitrary<unknown>;
/** Few keys and values, so that documents have parts in common. */
const alike = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 0, 1, 'a', 'b', true),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', '0'), tie('tree')),
  ),
})).tree;
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a patch', () => {
  it.each([
    ['any documents', json],
    ['documents with parts in common', alike],
  ])('leads from one to the other: %s', (_name, documents) => {
    const seed = Date.now() % 1_000_000;
    fc.assert(
      fc.property(documents, documents, (before, after) => {
        const [from, to] = [wire(before), wire(after)];
        const patch = wire(diff(from, to)) as ReturnType<typeof diff>;
        expect(wire(applyPatch(from, patch)), `seed ${seed}`).toEqual(to);
        expect(isEmpty(patch)).toBe(isSame(from, to));
      }),
      { seed, numRuns: 1_000 },
    );
  });

  it('holds the changed parts alone, deletions apart', () => {
    const before = { a: { b: 1, c: [1, 2], gone: 1 }, same: { deep: [1] } };
    const after = { a: { b: 2, c: [1, 2] }, same: { deep: [1] }, fresh: null };
    expect(diff(before, after)).toEqual({
      del: [['a', 'gone']],
      set: [
        [['a', 'b'], 2],
        [['fresh'], null],
      ],
    });
  });

  it('does not look into what is the same object', () => {
    const shared = new Proxy({}, { ownKeys: () => { throw new Error('looked'); } }); // prettier-ignore
    expect(diff({ shared, n: 1 }, { shared, n: 2 }).set).toEqual([[['n'], 2]]);
    expect(isSame({ shared }, { shared })).toBe(true);
  });

  it('shares with the document before what it does not touch', () => {
    const before = { a: { n: 1 }, b: { n: 1 } };
    const after = applyPatch(before, { del: [], set: [[['a', 'n'], 2]] });
    expect(after).toEqual({ a: { n: 2 }, b: { n: 1 } });
    expect(after.b).toBe(before.b);
    expect(before.a.n).toBe(1);
  });

  it('is refused by a document it was not made of', () => {
    expect(() => applyPatch({ a: 1 }, { del: [], set: [[['a', 'b'], 1]] })).toThrow(
      /another document/,
    );
  });

  it('takes a key without a value for one that is not there', () => {
    expect(isEmpty(diff({ a: undefined }, {}))).toBe(true);
    expect(diff({ a: 1 }, { a: undefined }).del).toEqual([['a']]);
    expect(isSame({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
    expect(isSame({ a: undefined, b: 1 }, { b: 1, c: 1 })).toBe(false);
  });
});
