/** All dialogs of the page, and the view of all commands, which shares their forms: one part, loaded when the page has come to rest. */
export { CommandDialog } from './commands/command-dialog.tsx';
export { WhyDialog } from './commands/why-dialog.tsx';
export { Help } from './help.tsx';
export { Palette } from './palette.tsx';
export { CommandsView } from './views/commands.tsx';
