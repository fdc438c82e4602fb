/** What a person types again before something that cannot be taken back. Pure: page and service use the same. */

/** The resource's name; of an order to breakers or hosts, which all go to one actor, the key of the breaker or the host. */
export function confirmWord(
  { kind, name }: { readonly kind: string; readonly name: string },
  args: unknown,
): string {
  if (kind !== 'guard' || typeof args !== 'object' || args === null) return name;
  const about = 'key' in args ? args.key : 'host' in args ? args.host : undefined;
  return typeof about === 'string' ? about : name;
}
