import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config-error.ts';
import { loadConfig } from '../../../src/config/host-config.ts';

let folder = '';
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'fairlead-config-'))));
afterEach(() => rm(folder, { recursive: true }));

const simulated = {
  dataDir: 'data',
  nats: { url: 'nats://127.0.0.1:4222', nkeySeedFile: 'host.nk' },
  aws: { mode: 'simulator', endpoint: 'http://127.0.0.1:9000', accessKeyFile: 'key' },
  pacing: { scale: 20 },
};
const real = { dataDir: 'd', nats: { url: 'nats://n:4222' }, aws: { mode: 'real' } };

async function load(config: unknown) {
  const file = join(folder, 'host.json');
  await writeFile(file, typeof config === 'string' ? config : JSON.stringify(config));
  return loadConfig(file);
}

describe('the host config', () => {
  it('fills defaults and counts paths from its own folder', async () => {
    const config = await load(simulated);
    expect(config.dataDir).toBe(join(folder, 'data'));
    expect(config.nats.nkeySeedFile).toBe(join(folder, 'host.nk'));
    expect(config.http).toEqual({ host: '127.0.0.1', port: 0 });
    expect(config.log).toEqual({ level: 'info', pretty: false });
    expect(config.aws).toMatchObject({ accessKeyFile: join(folder, 'key') });
  });

  it('takes access to clusters as files, counted from its own folder', async () => {
    const clusters = {
      'prod/eu-a': { kubeconfigFile: 'eu-a.yaml' },
      'prod/eu-b': { server: 'https://10.0.0.1:6443', caFile: 'ca', tokenFile: 'token' },
    };
    const config = await load({ ...simulated, kubernetes: { clusters } });
    expect(config.kubernetes.clusters).toEqual({
      'prod/eu-a': { kubeconfigFile: join(folder, 'eu-a.yaml') },
      'prod/eu-b': {
        ...clusters['prod/eu-b'],
        ...{ caFile: join(folder, 'ca'), tokenFile: join(folder, 'token') },
      },
    });
    const refused = { kubernetes: { clusters: { 'prod/eu-a': { token: 'canary' } } } };
    await expect(load({ ...simulated, ...refused })).rejects.toThrow(
      'kubernetes.clusters.prod/eu-a: expected kubeconfigFile',
    );
  });

  it('gives a real cloud the account main and pace 1', async () => {
    const config = await load(real);
    expect(config.aws).toEqual({ mode: 'real', accounts: { main: {} } });
    expect(config.pacing.scale).toBe(1);
  });

  it('reads YAML', async () => {
    const config = await load('dataDir: d\nnats: {url: "nats://n:4222"}\naws: {mode: real}\n');
    expect(config.aws.mode).toBe('real');
  });

  const refused: [string, unknown, RegExp][] = [
    ['an unknown key', { ...real, retires: 3 }, /\(top level\): unknown key retires/],
    ['an unknown nested key', { ...real, http: { prot: 1 } }, /http: unknown key prot/],
    ['a wrong type', { ...real, http: { port: '80' } }, /http\.port: .*expected/],
    [
      'an endpoint with a real cloud',
      { ...real, aws: { mode: 'real', endpoint: 'http://x' } },
      /aws: unknown key endpoint/,
    ],
    [
      'a fast pace with a real cloud',
      { ...real, pacing: { scale: 2 } },
      /pacing\.scale: expected 1/,
    ],
    [
      'a simulator without endpoint',
      { ...simulated, aws: { mode: 'simulator', accessKeyFile: 'k' } },
      /aws\.endpoint/,
    ],
    [
      'a simulator without access key',
      { ...simulated, aws: { mode: 'simulator', endpoint: 'http://x' } },
      /aws\.accessKeyFile/,
    ],
    ['an unknown mode', { ...real, aws: { mode: 'fake' } }, /aws\.mode/],
    [
      'a NATS address without scheme',
      { ...real, nats: { url: 'localhost' } },
      /nats\.url: expected nats:/,
    ],
    [
      'two ways to log in',
      { ...real, nats: { url: 'nats://n', nkeySeedFile: 'a', credsFile: 'b' } },
      /not both/,
    ],
    [
      'an inspector that others reach without a token file',
      { ...real, inspector: { host: '0.0.0.0', tls: { certFile: 'c', keyFile: 'k' } } },
      /inspector\.tokenFile: expected a token file/,
    ],
    [
      'an inspector that others reach in clear text',
      { ...real, inspector: { host: '10.0.0.5', tokenFile: 't' } },
      /inspector\.tls: expected tls, or trustedProxy/,
    ],
    [
      'an inspector on all addresses of IPv6 as well',
      { ...real, inspector: { host: '::' } },
      /inspector\.tokenFile/,
    ],
    [
      'an inspector on a name that may be any address',
      { ...real, inspector: { host: 'localhost.example' } },
      /inspector\.host/,
    ],
    [
      'a proxy that is no address',
      { ...real, inspector: { trustedProxy: 'proxy' } },
      /inspector\.trustedProxy: expected an IP address/,
    ],
    ['text that is no YAML', '{', /is not YAML or JSON/],
  ];
  it.each(refused)('refuses %s and names the field', async (_what, config, message) => {
    await expect(load(config)).rejects.toThrow(message);
    await expect(load(config)).rejects.toBeInstanceOf(ConfigError);
  });

  it('lets others reach the inspector by TLS or a named proxy, and whoever is on this machine without [U-45]', async () => {
    const open = { host: '0.0.0.0', tokenFile: 't' };
    const ways = [
      { ...open, tls: { certFile: 'c', keyFile: 'k' } },
      { ...open, trustedProxy: '10.0.0.9' },
      { host: '::1' },
      { host: '127.8.0.1', port: 0 },
    ];
    for (const inspector of ways)
      expect((await load({ ...real, inspector })).inspector).toMatchObject({
        host: inspector.host,
      });
    const { inspector } = await load({ ...real, inspector: ways[0] });
    expect(inspector.tokenFile).toBe(join(folder, 't'));
    expect(inspector.tls).toEqual({ certFile: join(folder, 'c'), keyFile: join(folder, 'k') });
    expect((await load(real)).inspector).toMatchObject({ host: '127.0.0.1', port: 8_080 });
  });

  it('says which file is missing', async () => {
    await expect(loadConfig(join(folder, 'gone.yaml'))).rejects.toThrow(
      /gone\.yaml cannot be read/,
    );
  });
});
