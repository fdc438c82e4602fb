/** The dialogs about commands, wherever they were opened from. */
import { CommandDialog } from './command-dialog.tsx';
import { openedCommand, openedWhy } from './open.ts';
import { WhyDialog } from './why-dialog.tsx';

export function CommandOverlay() {
  const command = openedCommand.value;
  const why = openedWhy.value;
  return (
    <>
      {command && <CommandDialog target={command} />}
      {why && <WhyDialog key={`${why.actor} ${why.verb}`} target={why} />}
    </>
  );
}
