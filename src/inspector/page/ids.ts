/** Ids made by the page. */

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID: 48 bits of wall time, 80 of chance; sorts by time. */
export function newId(): string {
  let time = '';
  for (let rest = Date.now(), place = 0; place < 10; place += 1, rest = Math.floor(rest / 32))
    time = (letters[rest % 32] ?? '') + time;
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return time + Array.from(chance, (byte) => letters[byte % 32]).join('');
}
