/** A connected viewer, whatever its protocol. */
import type { Login } from '../server/logins.ts';
import type { CompatSource } from './source.ts';

/** One connected viewer. Text that it cannot keep up with ends the connection. */
export interface Line {
  send(frame: object): void;
  onText(listener: (text: string) => void): void;
  onEnd(listener: () => void): void;
  end(because: string): void;
}

export interface Served {
  readonly source: CompatSource;
  readonly viewer: Login;
  /** From `?focus=kind/namespace/name`, once or more; empty for the first `viewers.actorsMax`. */
  readonly focus: readonly string[];
  readonly line: Line;
  readonly nowMs: () => number;
  readonly newId: () => string;
}
