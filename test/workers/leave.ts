/** The end of a program whose output may go to a pipe. */

/** Ends the process with this code once all it has written is taken: a pipe holds 64 KB, and what waits behind that is lost otherwise. */
export async function leave(code: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => {
      stream.write('', () => resolve());
    });
  process.exit(code);
}
