// A program of a Debian stable package, fetched by the host's own apt and keyring into a folder of ours.
// Needs no root, installs nothing, and leaves the host's package lists alone.
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError, megabytes, secondsSince, tail } from './report.mjs';

const SUITE = 'trixie';
const KEYRINGS = ['gpg', 'pgp'].map((end) => `/usr/share/keyrings/debian-archive-keyring.${end}`);

/**
 * @param {{ name: string, debian: string, work: string, env: NodeJS.ProcessEnv, say: (text: string) => void }} step
 *   name: the program; debian: its package; work: an empty folder, removed by the caller
 * @returns {string} path of the unpacked binary
 * @throws {SetupError} with the reason, when this host has no apt, mirror or keyring for it, or a fetch failed
 */
export function unpackDebianProgram({ name, debian, work, env, say }) {
  const host = debianHost(env);
  const options = prepare(work, host);
  const run = (/** @type {string[]} */ ...args) =>
    mustRun('apt-get', ['-qq', '-c', options, ...args], { cwd: work, env });

  say(`fetching ${name} from ${host.mirror} ${SUITE} main, verified by ${host.keyring} …`);
  const startedAtMs = Date.now();
  run('update');
  run('download', debian);
  const archive = readdirSync(work).find(
    (each) => each.startsWith(`${debian}_`) && each.endsWith('.deb'),
  );
  if (archive === undefined) throw new SetupError('apt-get download left no package');
  const file = path.join(work, archive);
  const sha256 = createHash('sha256').update(readFileSync(file)).digest('hex');
  say(
    `${archive}, ${megabytes(statSync(file).size)}, sha256 ${sha256}, ${secondsSince(startedAtMs)}`,
  );

  mustRun('dpkg-deb', ['-x', file, path.join(work, 'root')], { cwd: work, env });
  const binary = ['usr/sbin', 'usr/bin']
    .map((folder) => path.join(work, 'root', folder, name))
    .find((each) => existsSync(each));
  if (binary === undefined) throw new SetupError(`${archive} holds no ${name}`);
  return binary;
}

/** The mirror and keyring this host already trusts for Debian. @param {NodeJS.ProcessEnv} env */
function debianHost(env) {
  const targets = spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(CREATED_BY) $(COMPONENT) $(SITE)', 'Created-By: Packages'],
    { encoding: 'utf8', env: plainLanguage(env) },
  );
  if (targets.error !== undefined) throw new SetupError('this host has no apt to fetch it with');
  const mirror = targets.stdout
    .split('\n')
    .map((line) => line.split(' '))
    .find(([, component, site]) => component === 'main' && /\/debian\/?$/.test(site ?? ''))?.[2];
  if (mirror === undefined) throw new SetupError('apt on this host knows no Debian mirror');
  const keyring = KEYRINGS.find((each) => existsSync(each));
  if (keyring === undefined) {
    throw new SetupError(
      `this host has no Debian keyring (${KEYRINGS.join(' or ')}); unsigned packages are not taken`,
    );
  }
  const architecture = mustRun('dpkg', ['--print-architecture'], { env }).trim();
  return { mirror, keyring, architecture };
}

/** Writes apt's settings for a private run and returns their file. @param {string} work @param {{ mirror: string, keyring: string, architecture: string }} host */
function prepare(work, host) {
  for (const folder of ['state/lists/partial', 'cache/archives/partial', 'log', 'root']) {
    mkdirSync(path.join(work, folder), { recursive: true });
  }
  writeFileSync(path.join(work, 'status'), '');
  writeFileSync(
    path.join(work, 'sources.list'),
    `deb [signed-by=${host.keyring} arch=${host.architecture} target=Packages] ${host.mirror} ${SUITE} main\n`,
  );
  const settings = {
    'Dir::Etc::SourceList': path.join(work, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': '/dev/null',
    'Dir::Etc::Trusted': '/dev/null',
    'Dir::Etc::TrustedParts': '/dev/null',
    'Dir::State': path.join(work, 'state'),
    'Dir::State::Lists': path.join(work, 'state/lists'),
    'Dir::State::status': path.join(work, 'status'),
    'Dir::Cache': path.join(work, 'cache'),
    'Dir::Log': path.join(work, 'log'),
    // As root, apt would fetch as another user, who may not enter this folder.
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'Acquire::http::Timeout': '20',
    'Acquire::https::Timeout': '20',
  };
  // Hooks of the host act on the host's own cache and may need root.
  const hooks = ['Pre-Invoke', 'Post-Invoke', 'Post-Invoke-Success'];
  const lines = [
    ...hooks.map((hook) => `#clear APT::Update::${hook};`),
    ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`),
  ];
  const file = path.join(work, 'apt.conf');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

/** @param {string} command @param {string[]} args @param {{ cwd?: string, env: NodeJS.ProcessEnv }} options */
function mustRun(command, args, { cwd, env }) {
  const done = spawnSync(command, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: plainLanguage(env),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 5 * 60_000,
  });
  if (done.status !== 0) {
    const reason = tail(
      `${done.error?.message ?? ''}\n${done.stdout ?? ''}\n${done.stderr ?? ''}`,
      8,
    );
    throw new SetupError(`${command} ${args.at(-1) ?? ''} failed: ${reason}`);
  }
  return done.stdout;
}

/** @param {NodeJS.ProcessEnv} env */
const plainLanguage = (env) => ({ ...env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' });
