/** One stream for all tabs of a browser: HTTP/1.1 allows six connections to a host, and every tab would take one. */
import type { ViewRequest } from '../../api.ts';
import { follow } from './follower.ts';
import type { Follower } from './follower.ts';
import type { StreamMessage, TabMessage } from './messages.ts';

interface Tab {
  readonly port: MessagePort;
  view: ViewRequest | undefined;
}

/** The tab that was looked at last is the first. */
let tabs: Tab[] = [];
let follower: Follower | undefined;
/** Told to tabs that come later. */
const latest = new Map<string, StreamMessage>();

const scope = self as unknown as { onconnect: (event: MessageEvent) => void };
scope.onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  const tab: Tab = { port, view: undefined };
  tabs.push(tab);
  port.onmessage = (message: MessageEvent<TabMessage>) => {
    take(tab, message.data);
  };
  for (const message of latest.values()) port.postMessage(message);
  makeFirst(tab);
};

function take(tab: Tab, message: TabMessage): void {
  if (message.name === 'bye') {
    leave(tab);
    return;
  }
  if (message.name === 'active') {
    makeFirst(tab);
    return;
  }
  tab.view = message.view;
  if (tabs[0] === tab) lookFor(tab);
}

function makeFirst(tab: Tab): void {
  follower ??= follow(tell);
  const before = tabs[0];
  tabs = [tab, ...tabs.filter((other) => other !== tab)];
  if (before !== undefined && before !== tab)
    before.port.postMessage({ name: 'owner', data: false });
  tab.port.postMessage({ name: 'owner', data: true });
  lookFor(tab);
}

function leave(tab: Tab): void {
  tabs = tabs.filter((other) => other !== tab);
  const next = tabs[0];
  if (next !== undefined) {
    makeFirst(next);
    return;
  }
  follower?.close();
  follower = undefined;
  latest.clear();
}

function lookFor(tab: Tab): void {
  if (tab.view !== undefined) follower?.look(tab.view);
}

function tell(message: StreamMessage): void {
  if (message.name === 'hello' || message.name === 'counts' || message.name === 'link')
    latest.set(message.name, message);
  const receivers = message.name === 'window' ? tabs.slice(0, 1) : tabs;
  for (const { port } of receivers) port.postMessage(message);
}
