/** What clusters have besides machines: security groups, and secrets whose values nobody but the vault may ever show. */
import type { SecurityGroups } from '../../../machines/messages.ts';

/** Every value that nobody may show begins so; for those who search. */
export const plantedMark = 'planted-token-';

export class Estate {
  readonly #groups = new Set<string>();
  /** uid → value. */
  readonly #secrets = new Map<string, string>();
  #planted = 0;

  ensureGroups(uid: string): SecurityGroups {
    this.#groups.add(uid);
    return { servers: `sg-servers-${uid}`, nodes: `sg-nodes-${uid}` };
  }

  deleteGroups(uid: string): number {
    return this.#groups.delete(uid) ? 2 : 0;
  }

  ensureSecrets(uid: string): { server: string; agent: string } {
    if (!this.#secrets.has(uid)) {
      this.#planted += 1;
      this.#secrets.set(uid, `${plantedMark}${this.#planted}-of-${uid}`);
    }
    return { server: `/fairlead/${uid}/server-token`, agent: `/fairlead/${uid}/agent-token` };
  }

  /** Its value, as the scripts on its nodes read it; undefined where there is none. */
  secretOf(uid: string): string | undefined {
    return this.#secrets.get(uid);
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
