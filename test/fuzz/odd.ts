/** Inputs nobody should send: real ones with a few parts broken. Every breakage is a plain value, so that it can be told. */
import fc from 'fast-check';

/** Planted as a secret, and short as passwords are: it must be in no output. */
export const secret = 's3cr-4711';
/** Keys under which secrets come. */
const secretKeys = ['token', 'password', 'secretAccessKey', 'privateKey', 'accessToken'];

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let at = 0; at < depth; at += 1) value = at % 2 === 0 ? [value] : { a: value };
  return value;
};

const oddNumbers = [0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e21, 1e308, 5e-324];
const oddTexts = [
  ...['', ' ', '\u0000', '\ud800', '\u202e', '*', '>', '.', '..', '../../etc/passwd', '0', '-1'],
  ...['null', 'true', '1e999', '[object Object]', '%00', '%2e%2e%2f', '${jndi:x}', "'; --", 'é'],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'xstate.init', 'P1Y', '1h', '∞'],
  ...['x'.repeat(300), 'x'.repeat(5_000), 'a.'.repeat(200), '2026-13-45T99:99:99Z', '١٢'],
];

export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ maxLength: 40, unit: 'binary' }),
);

const oddValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, [], {}, [[]], [null], { a: { b: {} } }),
  fc.constantFrom<unknown>(...oddNumbers),
  oddText,
  fc.constantFrom(8, 200, 3_000).map(nested),
  fc.jsonValue({ maxDepth: 3 }),
);

const oddKey = fc.oneof(
  fc.constantFrom('__proto__', 'constructor', 'toString', '', 'a.b', '\u0000', 'x'.repeat(300)),
  oddText,
);

type Change =
  | { readonly do: 'replace'; readonly at: number; readonly value: unknown }
  | { readonly do: 'remove'; readonly at: number }
  | { readonly do: 'add'; readonly at: number; readonly key: string; readonly value: unknown }
  | { readonly do: 'twice'; readonly at: number };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ do: fc.constant('replace' as const), at: fc.nat(400), value: oddValue }),
  fc.record({ do: fc.constant('remove' as const), at: fc.nat(400) }),
  fc.record({ do: fc.constant('add' as const), at: fc.nat(400), key: oddKey, value: oddValue }),
  fc.record({
    do: fc.constant('add' as const),
    at: fc.nat(400),
    key: fc.constantFrom(...secretKeys),
    value: fc.constant(secret),
  }),
  fc.record({ do: fc.constant('twice' as const), at: fc.nat(400) }),
);

/** One of these values with up to four of its parts changed. */
export const mangled = (values: readonly unknown[], changesMax = 4): fc.Arbitrary<unknown> =>
  fc
    .tuple(fc.nat(values.length - 1), fc.array(change, { maxLength: changesMax }))
    .map(([which, changes]) => changes.reduce(changed, structuredClone(values[which])));

type Holder = Record<string, unknown>;

/** Every place that holds a value, in order of reading. */
function placesIn(value: unknown): { readonly holder: Holder; readonly key: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  const places: { holder: Holder; key: string }[] = [];
  const waiting: object[] = [value];
  for (let next = waiting.pop(); next !== undefined && places.length < 1_000; next = waiting.pop())
    for (const [key, inner] of Object.entries(next)) {
      places.push({ holder: next as Holder, key });
      if (typeof inner === 'object' && inner !== null) waiting.push(inner as object);
    }
  return places;
}

/** So that no change reaches into what another one has put, in this input or the next. A clone fails on 3,000 levels, this not. */
const copy = (of: unknown): unknown =>
  typeof of === 'object' && of !== null ? (JSON.parse(JSON.stringify(of)) as unknown) : of;

function changed(value: unknown, one: Change): unknown {
  const places = placesIn(value);
  const place = places[one.at % Math.max(1, places.length)];
  if (place === undefined) return one.do === 'replace' ? copy(one.value) : value;
  const { holder, key } = place;
  if (one.do === 'replace') setOwn(holder, key, copy(one.value));
  else if (one.do === 'add') setOwn(holder, one.key, copy(one.value));
  else if (one.do === 'twice') setOwn(holder, key, [holder[key], copy(holder[key])]);
  else if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return value;
}

/** Also under `__proto__`, as JSON.parse does. */
const setOwn = (holder: Holder, key: string, value: unknown): void =>
  void Object.defineProperty(holder, key, {
    ...{ value, enumerable: true, writable: true, configurable: true },
  });

type Cut =
  | { readonly do: 'flip'; readonly at: number; readonly bits: number }
  | { readonly do: 'cut'; readonly at: number; readonly count: number }
  | { readonly do: 'copy'; readonly at: number; readonly count: number }
  | { readonly do: 'put'; readonly at: number; readonly bytes: Uint8Array };

const inserts = [
  ...[
    ' // ',
    ' //: ',
    '\u0000',
    '{',
    '}',
    '[',
    ']',
    '"',
    ',',
    ':',
    '\\',
    '\\u0000',
    '\n',
    '\r\n',
    '\t',
    '=',
    '&',
  ],
  ...['"a":1,"a":2,', '"__proto__":{"isAdmin":true},', '1e999', '-0', '[['.repeat(2_000), '%', ';'],
  ...[`"token":"${secret}",`, `"password": ${secret} `, 'x'.repeat(20_000), '{"a":'.repeat(3_000)],
].map((text) => new TextEncoder().encode(text));
const wrongBytes = [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xfe, 0xff], [0xf5, 0x80]].map(
  (bytes) => Uint8Array.from(bytes),
);

const cut: fc.Arbitrary<Cut> = fc.oneof(
  fc.record({
    do: fc.constant('flip' as const),
    at: fc.nat(9_999),
    bits: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({ do: fc.constant('cut' as const), at: fc.nat(9_999), count: fc.nat(400) }),
  fc.record({ do: fc.constant('copy' as const), at: fc.nat(9_999), count: fc.nat(200) }),
  fc.record({
    do: fc.constant('put' as const),
    at: fc.nat(9_999),
    bytes: fc.constantFrom(...inserts, ...wrongBytes),
  }),
);

/** One of these texts as bytes, some of them flipped, lost, repeated or put in between. */
export const torn = (texts: readonly string[], cutsMax = 4): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.nat(texts.length - 1), fc.array(cut, { maxLength: cutsMax }))
    .map(([which, cuts]) => cuts.reduce(tornBy, new TextEncoder().encode(texts[which] ?? '')));

/** Places are parts of ten thousand, so that a change stays where it is while another shrinks. */
function tornBy(bytes: Uint8Array, one: Cut): Uint8Array {
  const at = Math.floor((one.at / 10_000) * bytes.length);
  if (one.do === 'flip') return bytes.map((byte, index) => (index === at ? byte ^ one.bits : byte));
  const joined = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));
  if (one.do === 'cut') return joined(bytes.slice(0, at), bytes.slice(at + one.count));
  const more = one.do === 'put' ? one.bytes : bytes.slice(at, at + one.count);
  return joined(bytes.slice(0, at), more, bytes.slice(at));
}

/** As a sender would write it. */
export const written = (value: unknown): string => JSON.stringify(value);
