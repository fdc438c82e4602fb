/** Made answers about commands of the made fleet: every third command is refused, and a preview looks like one. */
import { z } from 'zod';
import type { Step } from '../../actors/steps/step.ts';
import { commandSchemas } from '../../machines/messages-commands.ts';
import type { CommandInfo, DryRun, Why } from '../../src/inspector/api.ts';

const destructive = ['delete', 'promote', 'failover'];
const isCreating = (verb: string): boolean => verb === 'create' || verb === 'apply';
const schemas: Readonly<Record<string, Readonly<Record<string, z.ZodType>>>> = commandSchemas;

export function allowedOf(actor: string): string[] {
  const verbs = Object.keys(schemas[actor.split('/')[0] ?? ''] ?? {});
  return verbs.filter((verb, index) => index % 3 !== 1 && !isCreating(verb));
}

export function whyOf(actor: string, verb: string, state: string): Why {
  const isAllowed = allowedOf(actor).includes(verb);
  return {
    ...{ command: verb, actor, allowed: isAllowed ? 'yes' : 'no', unchanged: false },
    state,
    ...(isAllowed
      ? { status: 200, code: '', message: '' }
      : {
          ...{ status: 409, code: 'transition.notAllowed' },
          message: `${verb} is not allowed in this state.`,
        }),
    because: [
      { guard: 'hasOwner', is: 'yes', text: 'a host owns it and takes commands' },
      {
        guard: 'isObserved',
        is: isAllowed ? 'yes' : 'no',
        text: isAllowed
          ? 'it was observed 2 s ago'
          : 'peer eu-west-1 last observed 6 m ago, limit 2 polls',
      },
      { guard: 'payload', is: 'unknown', text: 'the payload decides whether a point is needed' },
    ],
    ...{
      needs: [],
      allowedNext: allowedOf(actor),
      path: isAllowed ? [] : ['demote', 'wait for replica', verb],
    },
    ...(!isAllowed && { retryAfterMs: 12_000 }),
  };
}

/** Answers to `get`, and to `commands`: each with its verdict, in few words. */
export const askedOf = (actor: string, verb: string, state: string) =>
  verb === 'commands' ? { items: headsOf(actor, state) } : { allowedNext: allowedOf(actor) };

const headsOf = (actor: string, state: string) =>
  Object.keys(schemas[actor.split('/')[0] ?? ''] ?? {})
    .filter((verb) => !isCreating(verb))
    .map((verb) => {
      const { command, allowed, unchanged, code, message, needs } = whyOf(actor, verb, state);
      return { command, allowed, unchanged, code, reason: message, needs };
    });

export function dryRunOf(verb: string, step: Step): DryRun {
  const why = whyOf(step.actor, verb, step.state);
  if (why.allowed === 'no') return { why };
  return {
    why,
    turn: {
      revision: step.revision,
      ...{ stateBefore: step.state, stateAfter: 'running.scalingUp', edges: [] },
      changes: [{ path: 'spec.pools.agents', before: 5, after: 6 }],
      starts: [{ id: 'agents-1-1', src: 'node', input: {} }],
      ...{
        timers: [{ event: 'after bootDeadline', delayMs: 300_000 }],
        events: ['change.began'],
      },
    },
  };
}

export const madeCommands: readonly CommandInfo[] = Object.entries(schemas).flatMap(
  ([kind, verbs]) =>
    Object.entries(verbs).map(([verb, schema]) => ({
      ...{ kind, verb, help: `${verb} of a ${kind}`, role: 'operator' as const },
      schema: z.toJSONSchema(schema, { io: 'input' }),
      ...{
        destructive: destructive.includes(verb),
        creating: isCreating(verb),
      },
    })),
);
