/** Where the service is: flag > environment > `.fairlead/endpoint.json` upward > context of the nats CLI. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Failure } from './failure.ts';
import { jsonFlaw } from '../../actors/json-flaw.ts';
import { exits } from './exit-codes.ts';

export interface Address {
  /** NATS URL, or several separated by commas. */
  readonly url: string;
  readonly nkeySeedFile?: string;
  readonly credsFile?: string;
  /** Health and metrics of the local host, when its stack wrote them down. */
  readonly httpPort?: number;
  /** Where the same stack serves the inspector, with the file that holds its tokens. */
  readonly inspector?: { readonly port: number; readonly tokenFile: string };
  /** Where this was found, for people. */
  readonly origin: string;
}

export interface AddressFlags {
  readonly nats?: string;
  readonly nkey?: string;
  readonly creds?: string;
  readonly context?: string;
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * The first source that names an address decides; what it names must be usable. A broken address is an error, never a
 * reason to try the next source.
 * @throws Failure `cli.address` (exit 2), or `cli.noAddress` (exit 6) when no source names one
 */
export function findAddress(flags: AddressFlags, around: Surroundings): Address {
  const { env, cwd } = around;
  const nkey = flags.nkey ?? given(env, 'FAIRLEAD_NKEY') ?? given(env, 'NATS_NKEY');
  const creds = flags.creds ?? given(env, 'FAIRLEAD_CREDS') ?? given(env, 'NATS_CREDS');
  const keys = { nkey, creds };
  if (flags.nats !== undefined) return address(flags.nats, keys, '--nats', cwd);
  if (flags.context !== undefined) return context(flags.context, '--context', around);
  for (const name of ['FAIRLEAD_NATS_URL', 'NATS_URL']) {
    const url = given(env, name);
    if (url !== undefined) return address(url, keys, name, cwd);
  }
  for (const name of ['FAIRLEAD_CONTEXT', 'NATS_CONTEXT']) {
    const chosen = given(env, name);
    if (chosen !== undefined) return context(chosen, name, around);
  }
  const local = findUpward(cwd, join('.fairlead', 'endpoint.json'));
  if (local !== undefined) return localEndpoint(local);
  const selected = readIfThere(join(contextFolder(env), '..', 'context.txt'))?.trim() ?? '';
  if (selected !== '') return context(selected, 'the selected nats context', around);
  throw new Failure(
    {
      code: 'cli.noAddress',
      message: 'no service was found',
      reason: `no --nats, no NATS_URL, no .fairlead/endpoint.json in ${cwd} or above, no nats context`,
      retryable: false,
    },
    exits.unavailable,
    ['npm start', 'fairlead get clusters --nats nats://<host>:4222 --nkey <seed file>'],
  );
}

const given = (env: Surroundings['env'], name: string): string | undefined => {
  const value = env[name];
  return value === undefined || value === '' ? undefined : value;
};

function address(
  url: string,
  keys: { readonly nkey: string | undefined; readonly creds: string | undefined },
  origin: string,
  folder: string,
): Address {
  for (const each of url.split(',')) checkUrl(each.trim(), origin);
  return {
    url,
    ...(keys.nkey === undefined ? {} : { nkeySeedFile: present(folder, keys.nkey, origin) }),
    ...(keys.creds === undefined ? {} : { credsFile: present(folder, keys.creds, origin) }),
    origin,
  };
}

function checkUrl(url: string, origin: string): void {
  const whole = url.includes('://') ? url : `nats://${url}`;
  const parsed = URL.canParse(whole) ? new URL(whole) : undefined;
  if (
    parsed === undefined ||
    !['nats:', 'tls:'].includes(parsed.protocol) ||
    parsed.hostname === ''
  )
    throw broken(
      `${withoutLogin(url)} is not a NATS address; write one such as nats://127.0.0.1:4222`,
      origin,
    );
  // Anything in the URL shows up in process lists and shell histories.
  if (parsed.password !== '')
    throw broken('the address holds a password; put the secret in a file instead', origin);
}

const withoutLogin = (url: string): string => url.replace(/\/\/[^@/]*@/, '//…@');

function present(folder: string, file: string, origin: string): string {
  const path = resolve(folder, file);
  if (!existsSync(path)) throw broken(`the key file ${path} does not exist`, origin);
  return path;
}

function broken(message: string, origin: string): Failure {
  const reason = `the address comes from ${origin}; nothing else was tried`;
  return new Failure({ code: 'cli.address', message, reason, retryable: false }, exits.usage, [
    'fairlead doctor',
  ]);
}

function localEndpoint(file: string): Address {
  const found = parseObject(file, file);
  const { url, nkeyFile, httpPort, inspectorPort: port, inspectorTokenFile: tokenFile } = found;
  if (typeof url !== 'string') throw broken(`${file} names no url`, file);
  const nkey = typeof nkeyFile === 'string' ? nkeyFile : undefined;
  return {
    ...address(url, { nkey, creds: undefined }, file, dirname(file)),
    ...(typeof httpPort === 'number' ? { httpPort } : {}),
    ...(typeof port === 'number' && typeof tokenFile === 'string'
      ? { inspector: { port, tokenFile: resolve(dirname(file), tokenFile) } }
      : {}),
  };
}

const contextFolder = (env: Surroundings['env']): string =>
  join(
    given(env, 'XDG_CONFIG_HOME') ?? join(given(env, 'HOME') ?? homedir(), '.config'),
    'nats',
    'context',
  );

/** Context fields that carry a way to log in which this CLI does not speak yet. */
const unsupported = [
  ...['user', 'password', 'token', 'user_jwt', 'user_seed', 'nsc', 'cert', 'key', 'ca'],
  ...[
    'socks_proxy',
    'windows_cert_store',
    'jetstream_domain',
    'jetstream_api_prefix',
    'inbox_prefix',
  ],
];

function context(name: string, origin: string, around: Surroundings): Address {
  const whole = `${origin}, context ${name}`;
  if (!/^[\w.-]+$/.test(name)) throw broken(`${name} is no context name`, whole);
  const file = join(contextFolder(around.env), `${name}.json`);
  if (!existsSync(file)) throw broken(`there is no nats context ${name} (${file})`, whole);
  const found = parseObject(file, whole);
  const text = (field: string): string | undefined => {
    const value = found[field];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const foreign = unsupported.filter((field) => text(field) !== undefined);
  if (foreign.length > 0)
    throw broken(`context ${name} uses ${foreign.join(', ')}, which is not supported`, whole);
  const keys = { nkey: text('nkey'), creds: text('creds') };
  return address(text('url') ?? 'nats://localhost:4222', keys, whole, dirname(file));
}

function parseObject(file: string, origin: string): Readonly<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const cause = error instanceof SyntaxError ? jsonFlaw(error) : (error as Error).message;
    throw broken(`${file} cannot be read: ${cause}`, origin);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw broken(`${file} is not a JSON object`, origin);
  return parsed as Readonly<Record<string, unknown>>;
}

function findUpward(start: string, path: string): string | undefined {
  for (let folder = start; ; folder = dirname(folder)) {
    const candidate = join(folder, path);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

const readIfThere = (file: string): string | undefined =>
  existsSync(file) ? readFileSync(file, 'utf8') : undefined;
