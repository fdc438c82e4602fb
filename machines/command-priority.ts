/** Which commands may wait while the service fares badly. What a user asks for, and what ends something, never does. */
import type { Priority } from './messages.ts';

const priorities: Readonly<Record<string, Priority>> = {
  'cluster.delete': 'teardown',
  // It hastens what goes on by itself: under trouble it only adds calls.
  'cluster.retry': 'repair',
};

export const commandPriority = (kind: string, verb: string): Priority =>
  priorities[`${kind}.${verb}`] ?? 'user';
