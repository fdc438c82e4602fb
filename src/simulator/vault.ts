/** The data folder's access key, and what is derived from it: sealed parameter values and the keys of node roles. */
import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export interface Vault {
  readonly accessKeyId: string;
  /** The whole line of the key file, `AKID:SECRET`. */
  readonly accessKey: string;
  /** The key id alone, remembered: every call of a node is looked up by it. */
  keyIdFor(instanceId: string): string;
  /** The role credentials of an instance; always the same for the same folder and instance. */
  readonly credentialsFor: (instanceId: string) => Credentials;
  seal(text: string): string;
  open(sealed: string): string;
}

/** Reads the key file, or makes it once, readable by its owner only. */
export function openVault(file: string): Vault {
  const accessKey = readKey(file) ?? makeKey(file);
  const [accessKeyId = '', secret = ''] = accessKey.split(':');
  if (accessKeyId === '' || secret === '')
    throw new Error(`${file} is not of the form AKID:SECRET`);
  const sealingKey = createHash('sha256').update(`seal/${secret}`).digest();
  const derive = (purpose: string): Buffer => createHmac('sha256', secret).update(purpose).digest();
  const keyIds = new Map<string, string>();
  const keyIdFor = (instanceId: string): string => {
    const keyId = keyIds.get(instanceId) ?? `ASIA${toKeyId(derive(`id/${instanceId}`))}`;
    keyIds.set(instanceId, keyId);
    return keyId;
  };
  return {
    accessKeyId,
    accessKey,
    keyIdFor,
    credentialsFor: (instanceId) => ({
      accessKeyId: keyIdFor(instanceId),
      secretAccessKey: derive(`secret/${instanceId}`).toString('base64url').slice(0, 40),
      sessionToken: derive(`session/${instanceId}`).toString('base64url'),
    }),
    seal: (text) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    },
    open: (sealed) => {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString(
        'utf8',
      );
    },
  };
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function makeKey(file: string): string {
  const key = `AKIA${toKeyId(randomBytes(16))}:${randomBytes(30).toString('base64url')}`;
  const fd = openSync(file, 'wx', 0o600);
  writeSync(fd, `${key}\n`);
  fsyncSync(fd);
  closeSync(fd);
  return key;
}

/** 16 characters of the alphabet of AWS key ids. */
function toKeyId(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  return [...bytes.subarray(0, 16)].map((byte) => alphabet.charAt(byte % 32)).join('');
}
