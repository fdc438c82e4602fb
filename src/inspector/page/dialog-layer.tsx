/** The dialog that is open, wherever it was opened from. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { sayFailure } from './api-client.ts';
import { openedCommand, openedWhy } from './commands/open.ts';
import type * as DialogsModule from './dialogs.tsx';
import { laterStyle } from './later-style.ts';
import { overlay } from './overlays.ts';
import type { View } from './routes.ts';

type Dialogs = typeof DialogsModule;

/** After the first view was drawn; they are then there even when the host no longer answers. */
const LOAD_AFTER_MS = 1500;

const dialogs = signal<Dialogs | undefined>(undefined);
const problem = signal('');

async function load(): Promise<void> {
  try {
    const [parts] = await Promise.all([import('./dialogs.tsx'), laterStyle()]);
    dialogs.value = parts;
    problem.value = '';
  } catch (error) {
    problem.value = sayFailure(error);
  }
}

/** @param views for the palette, which would otherwise need all of them */
export function DialogLayer({ views }: { readonly views: readonly View[] }) {
  const command = openedCommand.value;
  const why = openedWhy.value;
  const isWanted = command !== null || why !== null || overlay.value !== 'none';
  const parts = dialogs.value;
  useEffect(() => {
    const timer = setTimeout(() => void load(), LOAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (isWanted) void load();
  }, [isWanted]);
  if (!isWanted) return null;
  if (parts === undefined)
    return (
      <p class="problem floating" role="status">
        {problem.value === '' ? 'Loading …' : `${problem.value} Try again when the host is back.`}
      </p>
    );
  return (
    <>
      {overlay.value === 'help' && <parts.Help />}
      {overlay.value === 'palette' && <parts.Palette views={views} />}
      {command && <parts.CommandDialog target={command} />}
      {why && <parts.WhyDialog key={`${why.actor} ${why.verb}`} target={why} />}
    </>
  );
}
