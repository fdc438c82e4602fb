/** Work that something else may end first. */

/** What the work comes to; rejects with the first of the ends that comes before it. The work itself goes on. */
export const unless = <T>(work: Promise<T>, ...ends: readonly Promise<Error>[]): Promise<T> =>
  Promise.race([work, ...ends.map((end) => end.then((error) => Promise.reject(error)))]);
