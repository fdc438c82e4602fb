/** What the stream's follower tells the page, wherever it runs: in the page or in the worker all tabs share. */
import type { StreamEvents, ViewRequest } from '../../api.ts';
import type { WindowRows } from '../../window.ts';

export type StreamMessage =
  | {
      [Name in keyof StreamEvents]: { readonly name: Name; readonly data: StreamEvents[Name] };
    }[keyof StreamEvents]
  /** All of the window that is looked at, after each of its `rows` events. */
  | { readonly name: 'window'; readonly data: WindowRows }
  | { readonly name: 'link'; readonly data: 'open' | 'lost' | 'signedOut' }
  /** Whether rows follow this tab's window: only one tab's can. */
  | { readonly name: 'owner'; readonly data: boolean };

export type TabMessage =
  | { readonly name: 'view'; readonly view: ViewRequest }
  | { readonly name: 'active' }
  | { readonly name: 'bye' };
