/** Trouble on the wire by rules: which calls a rule meets, and what happens to the one it meets. */
import { z } from 'zod';
import type { Draw } from './draw.ts';
import { toPattern } from './ec2/filters.ts';
import type { Table } from './state/journal.ts';
import type { WireCall } from './wire.ts';

const act = z.discriminatedUnion('kind', [
  /** Nothing is done; the error is answered. */
  z.strictObject({
    kind: z.literal('error'),
    code: z.string().min(1),
    status: z.int().min(400).max(599),
    message: z.string().default('Set by a fault rule.'),
    retryAfterSeconds: z.number().positive().optional(),
  }),
  /** Nothing is done; the connection is closed. */
  z.strictObject({ kind: z.literal('hangupBefore') }),
  /** Nothing is done; the connection stays open and silent. */
  z.strictObject({ kind: z.literal('hold') }),
  /** The call is done; its reply is lost. */
  z.strictObject({ kind: z.literal('hangupAfter') }),
  /** Nothing is done; the connection is reset. */
  z.strictObject({ kind: z.literal('rst') }),
  /** The call is done; the reply ends in the middle of its body. */
  z.strictObject({ kind: z.literal('cutBody') }),
  /** The call is done; the reply comes this many wall milliseconds later. */
  z.strictObject({ kind: z.literal('delay'), ms: z.number().nonnegative() }),
  /** The call is done only this many simulated milliseconds later; until then nobody knows, and the answer is lost. */
  z.strictObject({
    kind: z.literal('late'),
    ms: z.number().nonnegative(),
    /** What the caller gets at once: nothing ever, or a refusal that says nothing. */
    reply: z.enum(['none', '503']).default('none'),
  }),
  /** The call is done; headers and half of the body come, then nothing more. */
  z.strictObject({ kind: z.literal('stall') }),
  /** Nothing is done; a page of a load balancer is answered. */
  z.strictObject({ kind: z.literal('html500') }),
  /** The call is done; the reply has no body. */
  z.strictObject({ kind: z.literal('emptyBody') }),
  /** The call is done; the reply's date is off by this much. */
  z.strictObject({ kind: z.literal('dateSkew'), ms: z.number() }),
]);

export const faultRule = z.strictObject({
  id: z.string().min(1).optional(),
  service: z.enum(['ec2', 'ssm']).optional(),
  /** An operation's name; `*` is a wildcard. */
  op: z.string().min(1).default('*'),
  region: z.string().optional(),
  /** The zone that a launch names by subnet or placement, or a volume is made in. */
  zone: z.string().optional(),
  /** Name and value of parameters, both with wildcards: `{"ClientToken": "*-s0-*"}`. */
  match: z.record(z.string(), z.string()).default({}),
  /** Only the nth call that matches, counted from 1. */
  nth: z.int().min(1).optional(),
  /** How many calls it meets before it is used up; 1 with `nth`, else without end. */
  times: z.int().min(1).optional(),
  probability: z.number().min(0).max(1).default(1),
  act,
});

export type FaultAct = z.infer<typeof act>;
export type FaultRule = z.infer<typeof faultRule>;

export interface FaultRow extends FaultRule {
  readonly id: string;
  /** Calls that matched so far, met or not. */
  readonly matched: number;
  readonly met: number;
}

export interface Faults {
  list(): FaultRow[];
  add(rule: FaultRule): FaultRow;
  remove(id: string): void;
  clear(): void;
  /** The act of the first rule that meets the call, counting it; undefined: the call goes through. */
  take(call: WireCall): FaultRow | undefined;
}

export function createFaults(table: Table<FaultRow>, draw: Draw): Faults {
  const list = () => [...table.all()];
  return {
    list,
    add: (rule) => {
      const row = { ...rule, id: rule.id ?? nextId(list()), matched: 0, met: 0 };
      table.put(row.id, row);
      return row;
    },
    remove: (id) => {
      table.remove(id);
    },
    clear: () => {
      for (const row of list()) table.remove(row.id);
    },
    take: (call) => {
      for (const row of list()) {
        if (isUsedUp(row) || !isMatch(row, call)) continue;
        const matched = row.matched + 1;
        const isMet =
          (row.nth === undefined || row.nth === matched) &&
          draw(`fault/${row.id}/${String(matched)}`, { min: 0, max: 1 }) < row.probability;
        const next = { ...row, matched, met: row.met + (isMet ? 1 : 0) };
        table.put(row.id, next);
        if (isMet) return next;
      }
      return undefined;
    },
  };
}

function nextId(rows: readonly FaultRow[]): string {
  const numbers = rows.map((row) => Number(/^fault-(\d+)$/.exec(row.id)?.[1] ?? 0));
  return `fault-${String(Math.max(0, ...numbers) + 1)}`;
}

function isUsedUp(row: FaultRow): boolean {
  const timesMax = row.times ?? (row.nth === undefined ? Infinity : 1);
  return row.met >= timesMax;
}

function isMatch(row: FaultRow, call: WireCall): boolean {
  return (
    (row.service === undefined || row.service === call.service) &&
    toPattern(row.op).test(call.op) &&
    (row.region === undefined || row.region === call.region) &&
    (row.zone === undefined || row.zone === call.parameters.get('zone')) &&
    Object.entries(row.match).every(([name, value]) => hasParameter(call, name, value))
  );
}

function hasParameter(call: WireCall, name: string, value: string): boolean {
  const names = toPattern(name);
  const values = toPattern(value);
  return [...call.parameters].some(([key, given]) => names.test(key) && values.test(given));
}
