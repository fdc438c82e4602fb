/** Questions from outside: argument schemas by verb. */
import { z } from 'zod';
import { execVerbs } from './exec-verbs.ts';
import { bounds, fanOut } from './limits.ts';

/** Arguments of the command that is asked about; checked by its own schema. */
const given = z.record(z.string(), z.unknown()).optional();

/** Argument schemas of queries by verb; the same for every kind. */
export const querySchemas = {
  get: z.strictObject({ minRevision: z.int().min(0).optional() }),
  list: z.strictObject({
    limit: z.int().min(1).max(200).default(100),
    cursor: z.string().max(300).default(''),
    allNamespaces: z.boolean().default(false),
  }),
  /** Answered by every host for itself, out of its memory; kinds that only records hold have none. */
  survey: z.strictObject({
    /** Only entries of these names, or of these metrics; all when left out. */
    names: z.array(z.string().min(1).max(200)).max(100).optional(),
    /** Entries behind this name: the cursor of the page before. */
    after: z.string().max(500).default(''),
    /** Measured now instead of remembered, where the kind can. */
    now: z.boolean().default(false),
  }),
  history: z.strictObject({
    limit: z.int().min(1).max(500).default(100),
    correlationId: z.string().max(128).optional(),
  }),
  /** Its machines as pages show them, and its line in the fleet's index. */
  inspect: z.strictObject({}),
  outcome: z.strictObject({ commandId: z.string().min(1).max(128) }),
  /** Runs a script that only looks; on every ready node when none is named. */
  exec: z.strictObject({
    id: z.string().regex(/^[A-Za-z0-9-]{1,40}$/, 'expected 1 to 40 letters, digits and dashes'),
    nodes: z.array(z.string().min(1).max(253)).max(bounds.nodesMax).default([]),
    verb: z.enum(execVerbs).default('check'),
    concurrency: z.int().min(1).max(fanOut.widthMax).optional(),
    timeoutMs: z.int().min(1_000).max(600_000).default(60_000),
  }),
  /** Of a replication: what may be promoted, the newest first. */
  points: z.strictObject({
    /** Only those that can be promoted there. */
    endpoint: z.enum(['home', 'away']).optional(),
  }),
  /** What the turn of a command would do. With `explain` a refusal is part of the answer, and not the answer. */
  'dry-run': z.strictObject({
    verb: z.string().max(63),
    arguments: given,
    explain: z.boolean().default(false),
  }),
  /** Whether a command would be taken, and everything that speaks for and against it. */
  why: z.strictObject({ verb: z.string().max(63), arguments: given }),
  /** The same of every command, in a line each. */
  commands: z.strictObject({}),
} as const;
