/** All checkers, by the name they accuse under. Those of replications are in test/model/replication/hosted/judge.ts. */
import type { NewChecker } from '../ground.ts';
import { actors } from './actors.ts';
import { commands } from './commands.ts';
import { databases } from './databases.ts';
import { deadlines } from './deadlines.ts';
import { events } from './events.ts';
import { instances } from './instances.ts';
import { records } from './records.ts';
import { secrets } from './secrets.ts';
import { windows } from './windows.ts';

export const checkers: readonly (readonly [string, NewChecker])[] = [
  ['actors', actors],
  ['commands', commands],
  ['databases', databases],
  ['deadlines', deadlines],
  ['events', events],
  ['instances', instances],
  ['records', records],
  ['secrets', secrets],
  ['windows', windows],
];
