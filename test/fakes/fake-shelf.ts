/** In-memory Shelf. */
import type { Shelf } from '../../actors/ports.ts';

export class FakeShelf implements Shelf {
  text: string | undefined;
  /** False: every call rejects and changes nothing. */
  connected = true;

  constructor(text?: string) {
    this.text = text;
  }

  async load(): Promise<string | undefined> {
    await this.#reach();
    return this.text;
  }

  async save(text: string): Promise<void> {
    await this.#reach();
    this.text = text;
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    if (!this.connected) throw new Error('fake shelf: disconnected');
  }
}
