// The receiver of @xstate/inspect in a process of its own, where `xstate` is XState 4. Tells on stdout, a line of JSON each,
// what it made of every frame; lines on stdin are sent as they are. Arguments: address without its scheme, token.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const require = createRequire(import.meta.url);
const [, , server = '', token = ''] = process.argv;

/** The receiver makes its socket of the global one and gives it an address and nothing else. */
class BearerSocket extends WebSocket {
  /** @param {string} url */
  constructor(url) {
    super(url, { headers: { authorization: `Bearer ${token}` } });
    this.on('close', (code, reason) => tell({ type: 'closed', code, reason: String(reason) }));
    this.on('unexpected-response', (_request, response) => {
      tell({ type: 'refused', status: response.statusCode });
      process.exit(1);
    });
  }
}
Object.assign(globalThis, { WebSocket: BearerSocket });

/** @param {object} line */
const tell = (line) => void process.stdout.write(`${JSON.stringify(line)}\n`);

const { createWebSocketReceiver } = require('@xstate/inspect');
const machines = new Map();

tell({ type: 'versions', xstate: require('xstate/package.json').version });
const receiver = createWebSocketReceiver({ server, serialize: undefined });
receiver.subscribe((/** @type {any} */ frame) => {
  const { type, sessionId } = frame;
  if (type === 'service.register') machines.set(sessionId, frame.machine);
  if (type === 'service.event') tell({ type, sessionId, event: frame.event });
  else if (type === 'service.stop') tell({ type, sessionId });
  else tell({ type, sessionId, ...seen(frame) });
});

/** As a viewer would draw it: the machine resolves the state again. @param {any} frame */
function seen({ sessionId, state, id, parent, source }) {
  const machine = machines.get(sessionId);
  const resolved = machine.resolveState(state);
  return {
    ...{ id, parent, source, value: state.value, context: state.context, event: state.event },
    ...{ nextEvents: resolved.nextEvents, ownNextEvents: state.nextEvents, done: resolved.done },
    ...{ states: machine.stateIds.length, tags: [...resolved.tags], children: state.children },
    transitions: machine.stateIds
      .map((/** @type {string} */ each) => machine.getStateNodeById(each).transitions.length)
      .reduce((/** @type {number} */ sum, /** @type {number} */ count) => sum + count, 0),
  };
}

for await (const line of createInterface({ input: process.stdin })) receiver.send(JSON.parse(line));
process.exit(0);
