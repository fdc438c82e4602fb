/** What a person types again before something that cannot be taken back. Pure: page and service use the same. */

/** The resource's name; of an order to breakers, which all go to one actor, the key of the breaker. */
export function confirmWord(
  { kind, name }: { readonly kind: string; readonly name: string },
  args: unknown,
): string {
  const key = kind === 'guard' && typeof args === 'object' && args !== null && 'key' in args;
  return key && typeof args.key === 'string' ? args.key : name;
}
