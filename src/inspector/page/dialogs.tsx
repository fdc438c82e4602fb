/** All dialogs of the page in one part that is loaded when the page has come to rest: none is needed to draw it. */
export { CommandDialog } from './commands/command-dialog.tsx';
export { WhyDialog } from './commands/why-dialog.tsx';
export { Help } from './help.tsx';
export { Palette } from './palette.tsx';
