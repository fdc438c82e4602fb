/** What a host keeps of itself between starts: its id, so that after a crash it takes its own lease back at once. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ulid } from './ulid.ts';

export interface Identity {
  readonly hostId: string;
  /** Names the installation in the source of events; what NATS calls it wins (`nats/installation.ts`). */
  readonly installation: string;
}

/** Reads the kept names, or makes them; a configured host id wins. */
export async function ownIdentity(dataDir: string, configured?: string): Promise<Identity> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const kept = await Promise.all([
    keep(join(dataDir, 'host-id'), () => `host-${ulid().slice(-8).toLowerCase()}`),
    keep(join(dataDir, 'installation'), () => ulid().toLowerCase()),
  ]);
  return { hostId: configured ?? kept[0], installation: kept[1] };
}

/** Known from now on also before NATS is reached. */
export const keepInstallation = (dataDir: string, installation: string): Promise<void> =>
  write(join(dataDir, 'installation'), installation);

async function keep(file: string, make: () => string): Promise<string> {
  const present = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  });
  if (present.trim() !== '') return present.trim();
  const made = make();
  await write(file, made);
  return made;
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
