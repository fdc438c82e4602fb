import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';
import { replaceTool } from './tool-log.ts';

let machines: Machines;

beforeEach(async () => {
  machines = await startMachines({ scale: 1_000 });
});

afterEach(async () => {
  await machines.stop();
});

/** Puts a file where the machine's own would be. */
function plant(machine: Machine, path: string, text: string): void {
  const file = join(machines.root(machine), path);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
}

/** One line of /proc/net/tcp: a socket that listens on the port. */
const listening = (address: string, port: number) =>
  `  sl  local_address rem_address   st\n   0: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 0:0000 0A\n`;

interface Trouble {
  readonly code: string;
  readonly hint: RegExp;
  readonly role?: 'server' | 'agent';
  readonly machine?: Partial<Machine>;
  readonly order?: Record<string, string>;
  readonly arrange?: (machine: Machine) => void;
}

const troubles: Record<string, Trouble> = {
  'root rights': {
    code: 'noRights',
    hint: /root rights are needed/,
    // For root too there is no folder where a file stands.
    arrange: (machine) => {
      plant(machine, 'usr/local', '');
    },
  },
  'the right architecture': {
    code: 'wrongArchitecture',
    hint: /is not aarch64/,
    order: { FL_ARCH: 'arm64' },
  },
  'a gigabyte of disk': {
    code: 'diskFull',
    hint: /less than 1 GiB/,
    arrange: () => {
      replaceTool(
        machines,
        'df',
        `printf 'Filesystem\\n/dev/root 8000000 7000000 1000000 88%% /\\n'`,
      );
    },
  },
  'enough memory for a server': {
    code: 'memoryLow',
    hint: /has 960 MiB; a server needs 1536/,
    machine: { memoryMiB: 1_024 },
  },
  'an artifact server that answers': {
    code: 'artifactsUnreachable',
    hint: /no answer from http/,
    arrange: () => {
      replaceTool(machines, 'curl', 'exit 7');
    },
  },
  'a clock that is right': {
    code: 'clockSkew',
    hint: /more than 5 min off/,
    arrange: () => {
      replaceTool(machines, 'date', 'printf 1000000000');
    },
  },
  'its ports free': {
    code: 'portTaken',
    hint: /port 6443 is in use/,
    arrange: (machine) => {
      plant(machine, 'proc/net/tcp', listening('00000000', 22));
      plant(machine, 'proc/net/tcp6', listening('0'.repeat(32), 6443));
    },
  },
  'the kubelet port of an agent free': {
    code: 'portTaken',
    hint: /port 10250 is in use/,
    role: 'agent',
    arrange: (machine) => {
      plant(machine, 'proc/net/tcp', listening('0100007F', 10250));
    },
  },
};

describe('stage checks first, and says by code and text that it misses', () => {
  it.each(Object.entries(troubles))('%s [P-05] [G-27]', async (_, trouble) => {
    const machine = machines.add('n0', trouble.role ?? 'server', trouble.machine);
    trouble.arrange?.(machine);
    const result = await machines.finish('stage', machine, 'op-1', trouble.order);
    expect(result).toMatchObject({ ok: false, code: `script.${trouble.code}`, step: 'checks' });
    expect(result.hint).toMatch(trouble.hint);
  });

  it('nothing on a small agent, whose ports may be taken by what an agent has no use for [P-05]', async () => {
    const agent = machines.add('a0', 'agent', { memoryMiB: 512 });
    plant(agent, 'proc/net/tcp', listening('00000000', 6443));
    expect(await machines.finish('stage', agent, 'op-1')).toMatchObject({ ok: true });
  });
});
