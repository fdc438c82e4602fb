/** An app of somebody else, on a site of its own: a lamp that @statelyai/inspect shows in a viewer. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { build } from 'esbuild';

/** A lamp with a child, inspected in a window or in a frame. `tell` posts as a hostile app would. */
const app = `
  import { createActor, createMachine, assign, setup } from 'xstate';
  import { createBrowserInspector } from '@statelyai/inspect';
  const url = new URLSearchParams(location.search).get('view');
  const iframe = document.querySelector('iframe');
  const inspector = createBrowserInspector({ url, ...(iframe && { iframe }) });
  const bulb = createMachine({ id: 'bulb', initial: 'whole', states: { whole: {} } });
  const lamp = setup({ actors: { bulb } }).createMachine({
    id: 'lamp', initial: 'off', context: { times: 0 }, invoke: { id: 'bulb', src: 'bulb' },
    states: {
      off: { on: { toggle: { target: 'on', actions: assign({ times: ({ context }) => context.times + 1 }) } } },
      on: { initial: 'dim', on: { toggle: 'off' }, states: { dim: { on: { brighter: 'bright' } }, bright: {} } },
    },
  });
  const actor = createActor(lamp, { inspect: inspector.inspect });
  actor.start();
  globalThis.send = (type) => actor.send({ type });
  globalThis.tell = (message) => (iframe ? iframe.contentWindow : inspector.adapter.targetWindow).postMessage(message, '*');
  globalThis.end = () => inspector.stop();
`;

export async function lampScript(): Promise<string> {
  const made = await build({
    stdin: { contents: app, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, format: 'iife', logLevel: 'silent' },
  });
  return made.outputFiles[0]?.text ?? '';
}

export interface LampSite {
  /** @param path  `/`, or `/framed` for a viewer in a frame */
  address(path: string, view: string): string;
  close(): void;
}

export async function openLampSite(script: string): Promise<LampSite> {
  const site = createServer((request, response) => {
    const isScript = request.url === '/app.js';
    const frame = request.url?.startsWith('/framed') === true ? '<iframe></iframe>' : '';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? script : `<body>${frame}<script src="/app.js"></script></body>`);
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  const { port } = site.address() as AddressInfo;
  return {
    address: (path, view) => `http://127.0.0.1:${port}${path}?view=${encodeURIComponent(view)}`,
    close: () => {
      site.close();
      site.closeAllConnections();
    },
  };
}
