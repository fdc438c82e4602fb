/** Why the local stack cannot start or go on; the message says what to do. */
export class StackError extends Error {
  readonly code: `stack.${string}`;

  constructor(code: `stack.${string}`, message: string) {
    super(message);
    this.code = code;
  }
}
