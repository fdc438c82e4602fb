/** Into how many partitions actors fall by their names. Never changed: subjects and keys of what is stored carry the number. */
export const partitions = 64;
