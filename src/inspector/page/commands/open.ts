/** Which command's dialog is open: any part of the page may open one. */
import { signal } from '@preact/signals';

export interface CommandTarget {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verb: string;
  /** Filled into the form at first. */
  readonly arguments?: Readonly<Record<string, unknown>>;
}

export interface WhyTarget {
  /** `kind/namespace/name`. */
  readonly actor: string;
  /** Empty: the reader chooses. */
  readonly verb: string;
}

export const openedCommand = signal<CommandTarget | null>(null);
export const openedWhy = signal<WhyTarget | null>(null);

export const openCommand = (target: CommandTarget): void => {
  openedCommand.value = target;
};

export const openWhy = (target: WhyTarget): void => {
  openedWhy.value = target;
};
