import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseResult, renderScript } from '../../../src/k3s/script.ts';
import { startMachines } from './machines.ts';
import type { Machine, Machines } from './machines.ts';
import { agentTokenName, serverTokenName } from './script-parameters.ts';
import { recordTools } from './tool-log.ts';
import type { ToolLog } from './tool-log.ts';

let machines: Machines;
let log: ToolLog;
let first: Machine;
let join1: Record<string, string>;

beforeAll(async () => {
  machines = await startMachines({ scale: 1_000 });
  log = recordTools(machines);
  first = await staged('s0', 'server');
  const { facts } = await machines.finish('init', first, 'init-1');
  join1 = {
    FL_SERVER_URL: `https://${first.privateIp}:6443`,
    FL_CA_HASH: String(facts?.['caHash']),
  };
});

afterAll(async () => {
  await machines.stop();
});

/** Turns a voter back into a learner in the stored state, to be promoted at `voterAtMs`. */
function delayVote(name: string, voterAtMs: number): void {
  machines.editClusters((members) =>
    members.map((member) =>
      member.name === name ? { ...member, voter: false, voterAtMs } : member,
    ),
  );
}

async function staged(name: string, role: 'server' | 'agent'): Promise<Machine> {
  const machine = machines.add(name, role);
  await machines.finish('stage', machine, 'stage-1');
  return machine;
}

const observeParameters = { FL_OP: 'op', FL_UID: 'uid', FL_NODE: 's0', FL_CLUSTER: 'shop/eu' };

describe('the door', () => {
  it.skipIf(isEc2())('refuses an empty root on a machine that is not EC2', () => {
    const { status, stdout } = spawnSync(
      'bash',
      ['-c', renderScript('observe', observeParameters)],
      {
        env: { PATH: join(machines.folder, 'tools') },
        encoding: 'utf8',
      },
    );
    expect(status).toBe(2);
    expect(parseResult(stdout)).toMatchObject({ ok: false, code: 'script.rootRefused' });
  });

  it('runs no script that is not shipped, and no parameter that is not a word', async () => {
    const text = renderScript('observe', observeParameters);
    const altered = await machines.deliver(first, `${text}\n: >"$root/planted"\n`);
    const spliced = await machines.deliver(
      first,
      text.replace("FL_NODE='s0'", `FL_NODE='s0'; : >"$FAIRLEAD_ROOT/planted"; :'`),
    );
    const plain = await machines.deliver(first, ': >"$FAIRLEAD_ROOT/planted"');
    for (const result of [altered, spliced, plain]) {
      expect(result).toMatchObject({ status: 'Failed', responseCode: -1 });
      expect(result.stderr).toMatch(/^refused: /);
    }
    expect(existsSync(join(machines.root(first), 'planted'))).toBe(false);
  });
});

describe('init', () => {
  it('refuses a second database on the same server and beside a peer that has one', async () => {
    expect(await machines.finish('init', first, 'init-2')).toMatchObject({
      ok: false,
      code: 'script.databaseExists',
    });
    const other = await staged('s9', 'server');
    const peers = { FL_PEERS: first.privateIp };
    expect(await machines.finish('init', other, 'init-3', peers)).toMatchObject({
      ok: false,
      code: 'script.databaseExists',
    });
    expect(machines.half().state()).toMatchObject({ clusters: [{ members: [{ name: 's0' }] }] });
  });

  it('does not start while a peer stays silent', async () => {
    const silent = machines.add('s7', 'server', { upSinceMs: undefined });
    const other = await staged('s8', 'server');
    const peers = { FL_PEERS: silent.privateIp };
    expect(await machines.finish('init', other, 'init-4', peers)).toMatchObject({
      ok: false,
      code: 'script.peerUnknown',
    });
  });
});

describe('join', () => {
  it('is refused without a staged node', async () => {
    const bare = machines.add('a8', 'agent');
    expect(await machines.finish('join-agent', bare, 'join', join1)).toMatchObject({
      code: 'script.notStaged',
    });
  });

  it('is refused with a wrong CA hash, a wrong token, and the agent token on a server', async () => {
    const node = await staged('s3', 'server');
    const wrongHash = { ...join1, FL_CA_HASH: 'ab'.repeat(32) };
    expect(await machines.finish('join-server', node, 'join-a', wrongHash)).toMatchObject({
      code: 'script.caHashMismatch',
    });
    const agentToken = { ...join1, FL_SERVER_TOKEN_PARAMETER: agentTokenName };
    expect(await machines.finish('join-server', node, 'join-b', agentToken)).toMatchObject({
      code: 'script.tokenRefused',
    });
    machines.parameters.set('/wrong', 'x'.repeat(64));
    const wrongToken = { ...join1, FL_AGENT_TOKEN_PARAMETER: '/wrong' };
    const agent = await staged('a3', 'agent');
    expect(await machines.finish('join-agent', agent, 'join-c', wrongToken)).toMatchObject({
      code: 'script.tokenRefused',
    });
  });

  it('is refused when a parameter is missing', async () => {
    const agent = await staged('a4', 'agent');
    const missing = { ...join1, FL_AGENT_TOKEN_PARAMETER: '/none' };
    expect(await machines.finish('join-agent', agent, 'join', missing)).toMatchObject({
      code: 'script.secretMissing',
    });
  });

  it('lets one learner in at a time', async () => {
    const [learner, late] = [await staged('s1', 'server'), await staged('s2', 'server')];
    await machines.finish('join-server', learner, 'join', join1);
    delayVote('s1', Date.now() + 3_600_000);
    expect(await machines.finish('join-server', late, 'join', join1)).toMatchObject({
      code: 'script.learnerPresent',
    });
    delayVote('s1', 0);
    expect(await machines.finish('join-server', late, 'join', join1)).toMatchObject({ ok: true });
  });

  it('is refused under a node name that another machine has', async () => {
    const twin = machines.add('s1', 'server');
    await machines.finish('stage', twin, 'stage-1');
    expect(await machines.finish('join-server', twin, 'join', join1)).toMatchObject({
      code: 'script.nameTaken',
    });
  });
});

describe('secrets', () => {
  it('never reach an argument, a log, a result or the state of the simulator', async () => {
    const access = await machines.finish('publish-access', first, 'access-1');
    const kubeconfig = machines.parameters.get(String(access.facts?.['parameter'])) ?? '';
    const key = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? '';
    expect(key.length).toBeGreaterThan(100);
    const seen = [
      ...log.lines(),
      machines.writtenText(),
      JSON.stringify([access, machines.half().state()]),
    ].join('\n');
    expect(seen).toContain(serverTokenName);
    for (const secret of [...machines.canaries, key, 'node-secret-key', 'node-session']) {
      expect(seen.includes(secret)).toBe(false);
    }
  });
});

function isEc2(): boolean {
  try {
    return readFileSync('/sys/devices/virtual/dmi/id/sys_vendor', 'utf8').includes('Amazon EC2');
  } catch {
    return false; // a machine that tells no vendor
  }
}
