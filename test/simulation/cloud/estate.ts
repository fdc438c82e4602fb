/** What clusters have besides machines: security groups, and secrets whose values nobody but the vault may ever show. */
import type { SecurityGroups } from '../../../machines/messages.ts';

export class Estate {
  readonly #groups = new Set<string>();
  /** uid → value. */
  readonly #secrets = new Map<string, string>();
  /** Every value there ever was. */
  readonly planted: string[] = [];

  ensureGroups(uid: string): SecurityGroups {
    this.#groups.add(uid);
    return { servers: `sg-servers-${uid}`, nodes: `sg-nodes-${uid}` };
  }

  deleteGroups(uid: string): number {
    return this.#groups.delete(uid) ? 2 : 0;
  }

  ensureSecrets(uid: string): { server: string; agent: string } {
    if (!this.#secrets.has(uid)) {
      const value = `planted-token-${this.planted.length + 1}-of-${uid}`;
      this.#secrets.set(uid, value);
      this.planted.push(value);
    }
    return { server: `/fairlead/${uid}/server-token`, agent: `/fairlead/${uid}/agent-token` };
  }

  deleteSecrets(uid: string): number {
    return this.#secrets.delete(uid) ? 2 : 0;
  }

  /** What is left of a cluster, in words; empty when nothing is. */
  leftOf(uid: string): string[] {
    return [
      ...(this.#groups.has(uid) ? ['security groups'] : []),
      ...(this.#secrets.has(uid) ? ['secrets'] : []),
    ];
  }
}
