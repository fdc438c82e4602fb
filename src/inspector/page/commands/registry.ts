/** The registry of commands as the host serves it, read once. */
import { signal } from '@preact/signals';
import type { CommandInfo, Role } from '../../api.ts';
import { read, sayFailure } from '../api-client.ts';
import { readOnlyBecause, session } from '../store.ts';

export const commands = signal<readonly CommandInfo[]>([]);
export const commandsProblem = signal('');

let isAsked = false;

/** Call it where commands are shown; only the first call reads. */
export async function needCommands(): Promise<void> {
  if (isAsked) return;
  isAsked = true;
  try {
    commands.value = await read<readonly CommandInfo[]>('/api/commands');
    commandsProblem.value = '';
  } catch (error) {
    isAsked = false;
    commandsProblem.value = sayFailure(error);
  }
}

export const commandOf = (kind: string, verb: string): CommandInfo | undefined =>
  commands.value.find((each) => each.kind === kind && each.verb === verb);

const ranks: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** Why this reader cannot send the command now, whatever the actor says; empty when they can. */
export function blockedBecause(info: CommandInfo): string {
  if (readOnlyBecause.value !== '') return readOnlyBecause.value;
  const role = session.value?.role ?? 'viewer';
  if (ranks[role] < ranks[info.role])
    return `${info.verb} needs the role ${info.role}, yours is ${role}. Sign in with a token of that role.`;
  return '';
}
