// `fairlead top` over a real server: it hears what hosts tell, on a terminal and in a process of its own.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Image } from '../../../actors/steps/step.ts';
import { run } from '../../../src/cli/run.ts';
import { connectNats } from '../../../src/cli/session.ts';
import { createStepLog } from '../../../src/nats/step-log.ts';
import type { OpenStepLog } from '../../../src/nats/step-log.ts';
import { packageRoot } from '../../../src/package-root.ts';
import { startRig, until } from '../../contract/ports/nats-rig.ts';
import type { NatsRig } from '../../contract/ports/nats-rig.ts';
import { fakeScreen } from '../../unit/cli/top/screens.ts';
import { quiet, rowOf, stepOf } from '../../unit/inspector/made-fleet.ts';

const image: Image = { src: 'cluster', status: 'active', value: 'on', children: {} };
let rig: NatsRig;
let log: OpenStepLog;
const tell = (actor: string, seq: number, fields: Parameters<typeof rowOf>[2] = {}): void => {
  log.tell(stepOf(rowOf(actor, seq, fields), { image }), image);
};
const address = (): string[] => ['--nats', rig.server.url, '--nkey', rig.server.nkeySeedFile];

beforeAll(async () => {
  rig = await startRig();
  log = createStepLog(rig.connection, quiet);
  tell('cluster/default/web', 1);
  tell('cluster/default/shop', 1, { severity: 'failing', reason: 'no quota' });
  await until(() => log.waiting() === 0, 'steps are stored');
});
afterAll(async () => {
  await log.stop(0);
  await rig.stop();
});

describe('top', () => {
  it('shows what is stored and what comes, also after a restart of the server', async () => {
    const screen = fakeScreen();
    const ended = run(['top', '-A', '--interval', '100ms', ...address()], screen, connectNats);
    const shows = (text: string) => until(() => screen.picture().includes(text), text, 30_000);
    await shows('✖ 1 failing');
    tell('cluster/default/web', 2, { severity: 'failing', reason: 'node lost' });
    await shows('✖ 2 failing');
    await rig.server.restart();
    await until(() => rig.connection.connected(), 'connected again');
    tell('cluster/default/late', 1);
    await shows('default/late');
    await shows('● live');
    screen.type('q');
    expect([await ended, screen.releases()]).toEqual([0, 1]);
  });

  it('prints data from a process of its own, off a terminal', async () => {
    const words = ['top', '-A', '-o', 'name', '-q', 'name:shop'];
    const args = [join(packageRoot(), 'src/fairlead.mjs'), ...words, ...address()];
    const child = spawn(process.execPath, args, { cwd: packageRoot() });
    let text = '';
    child.stdout.on('data', (part: Buffer) => (text += part.toString()));
    const exit = await new Promise((resolve) => child.on('close', resolve));
    expect([exit, text]).toEqual([0, 'cluster/default/shop\n']);
  });
});
