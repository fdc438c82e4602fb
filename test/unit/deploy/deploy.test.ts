import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../src/config/host-config.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { NATS_VERSION_FLOOR } from '../../../src/setup/nats-server.mjs';
import { isAtLeast } from '../../../src/setup/tool.mjs';

const read = (path: string): string => readFileSync(join(packageRoot(), path), 'utf8');

// No container engine where this was written: the files are checked as far as they can be read.
describe('the container set-up', () => {
  it('runs a nats-server above the floor', () => {
    const compose = parse(read('docker-compose.yml')) as {
      services: { nats: { image: string } };
    };
    const version = /^nats:([\d.]+)/.exec(compose.services.nats.image)?.[1] ?? '';
    expect(isAtLeast(version, NATS_VERSION_FLOOR)).toBe(true);
  });

  it('gives the host a config it accepts', async () => {
    const config = await loadConfig(join(packageRoot(), 'deploy/host.yaml'));
    expect(config.aws.mode).toBe('simulator');
    expect(config.nats.url).toBe('nats://127.0.0.1:4222');
  });

  it('copies files that exist', () => {
    const copied = [...read('deploy/Dockerfile').matchAll(/^COPY (?!--)(.+) \S+$/gm)];
    const sources = copied.flatMap(([, names = '']) => names.split(' '));
    expect(sources.length).toBeGreaterThan(5);
    expect(sources.filter((name) => !existsSync(join(packageRoot(), name)))).toEqual([]);
  });
});
