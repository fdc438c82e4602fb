/** Every SSM operation the simulator answers; any other is refused as unknown. */
import { byName } from '../operation.ts';
import { getCommandInvocation, listCommandInvocations, listCommands } from './command-reads.ts';
import { cancelCommand, sendCommand } from './commands.ts';
import { describeInstanceInformation } from './inventory.ts';
import {
  deleteParameter,
  deleteParameters,
  getParameter,
  getParameters,
  getParametersByPath,
  putParameter,
} from './parameters.ts';

export const ssmOperations = byName([
  cancelCommand,
  deleteParameter,
  deleteParameters,
  describeInstanceInformation,
  getCommandInvocation,
  getParameter,
  getParameters,
  getParametersByPath,
  listCommandInvocations,
  listCommands,
  putParameter,
  sendCommand,
]);
