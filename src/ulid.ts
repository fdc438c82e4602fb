/** ULIDs: 26 characters, sortable by time, random in the rest. */
import { randomBytes } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A new id; two of the same millisecond are not ordered. */
export function ulid(atMs: number = Date.now()): string {
  let time = '';
  for (let rest = atMs, digit = 0; digit < 10; digit += 1) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let chance = '';
  for (const byte of randomBytes(16)) chance += ALPHABET.charAt(byte % 32);
  return time + chance;
}
