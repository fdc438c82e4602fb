/** Stopping, starting and rebooting instances. */
import {
  RebootInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
} from '@aws-sdk/client-ec2';
import { expect } from 'vitest';
import { inTime, refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { find, instanceIn, launched, terminated } from './scene.ts';
import { eventually } from './target.ts';
import type { Target } from './target.ts';

const lifecycle = 'EC2 user guide, instance lifecycle';
const nobody = 'i-0123456789abcdef0';

const stop = (target: Target, ...InstanceIds: string[]) =>
  target.ec2.send(new StopInstancesCommand({ InstanceIds }));
const start = (target: Target, ...InstanceIds: string[]) =>
  target.ec2.send(new StartInstancesCommand({ InstanceIds }));
const reboot = (target: Target, ...InstanceIds: string[]) =>
  target.ec2.send(new RebootInstancesCommand({ InstanceIds }));

/** The only reason why an instance that is stopped may not start yet; anything else fails the rule. */
function whileStillStopping(thrown: unknown): undefined {
  expect(thrown).toMatchObject({ name: 'IncorrectInstanceState' });
}

export function powerRules(book: Book): void {
  onAndOff(book);
  repeats(book);
  refusals(book);
}

function onAndOff({ rule }: Book): void {
  rule('an instance stops, keeps its private address and starts again', {
    source: lifecycle,
    holds: async (target) => {
      const id = await launched(target);
      const before = await find(target, id);
      const stopping = await target.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
      expect(stopping.StoppingInstances?.[0]?.CurrentState?.Name).toBe('stopping');
      await instanceIn(target, id, 'stopped');
      const starting = await target.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
      expect(starting.StartingInstances?.[0]?.CurrentState?.Name).toBe('pending');
      const after = await instanceIn(target, id, 'running');
      expect(after.PrivateIpAddress).toBe(before?.PrivateIpAddress);
    },
  });

  rule('a start brings another public address', {
    source: 'EC2 user guide, stop and start',
    holds: async (target) => {
      const id = await launched(target);
      const before = (await find(target, id))?.PublicIpAddress;
      await stop(target, id);
      expect((await instanceIn(target, id, 'stopped')).PublicIpAddress).toBeUndefined();
      await start(target, id);
      const after = (await instanceIn(target, id, 'running')).PublicIpAddress;
      expect(after).toBeDefined();
      expect(after).not.toBe(before);
    },
  });

  rule('a reboot keeps state and addresses', {
    source: lifecycle,
    holds: async (target) => {
      const id = await launched(target);
      const before = await find(target, id);
      await reboot(target, id);
      const after = await find(target, id);
      expect(after?.State?.Name).toBe('running');
      expect(after?.PrivateIpAddress).toBe(before?.PrivateIpAddress);
      expect(after?.PublicIpAddress).toBe(before?.PublicIpAddress);
    },
  });
}

function repeats({ rule }: Book): void {
  rule('stopping what is stopped, and starting what runs, is answered with the state it is in', {
    source: 'EC2 API reference, StopInstances, StartInstances',
    holds: async (target) => {
      const id = await launched(target);
      const { StartingInstances = [] } = await start(target, id);
      expect(StartingInstances[0]?.CurrentState?.Name).toBe('running');
      await stop(target, id);
      await instanceIn(target, id, 'stopped');
      const { StoppingInstances = [] } = await stop(target, id);
      expect(StoppingInstances[0]?.CurrentState?.Name).toBe('stopped');
    },
    deviations: {
      moto: {
        id: 'moves-what-is-there',
        does: async (target) => {
          const id = await launched(target);
          const { StartingInstances = [] } = await start(target, id);
          expect(StartingInstances[0]?.CurrentState?.Name).toBe('pending');
        },
      },
    },
  });

  rule('one call stops several', {
    source: 'EC2 API reference, StopInstances',
    holds: async (target) => {
      const ids = [await launched(target), await launched(target)];
      const { StoppingInstances = [] } = await stop(target, ...ids);
      expect(StoppingInstances.map(({ InstanceId }) => InstanceId).sort()).toEqual(ids.sort());
      for (const id of ids) await instanceIn(target, id, 'stopped');
    },
  });
}

function refusals({ rule }: Book): void {
  rule('one unknown id fails a stop, a start and a reboot of several, and none of them happens', {
    source: lifecycle,
    holds: async (target) => {
      const id = await launched(target);
      for (const change of [stop, start, reboot]) {
        const refused = await refusal(change(target, id, nobody));
        expect(refused).toEqual({ name: 'InvalidInstanceID.NotFound', status: 400 });
      }
      expect((await find(target, id))?.State?.Name).toBe('running');
    },
  });

  rule('an instance that is still booting does not stop, and one that is stopping does not start', {
    source: lifecycle,
    needs: ['time'],
    holds: async (target) => {
      const id = await launched(target);
      const early = await inTime(async () => {
        await instanceIn(target, id, 'running');
        await stop(target, id);
        return refusal(start(target, id));
      });
      expect(early).toEqual({ name: 'IncorrectInstanceState', status: 400 });
      const tooEarly = await inTime(async () => {
        await instanceIn(target, id, 'stopped');
        await eventually('the start', target, () =>
          start(target, id).then(() => true, whileStillStopping),
        );
        return refusal(stop(target, id));
      });
      expect(tooEarly).toEqual({ name: 'IncorrectInstanceState', status: 400 });
    },
  });

  rule('a terminated instance does not start', {
    source: lifecycle,
    holds: async (target) => {
      const id = await launched(target);
      await terminated(target, id);
      const start = new StartInstancesCommand({ InstanceIds: [id] });
      const refused = await refusal(target.ec2.send(start));
      expect(refused).toEqual({ name: 'IncorrectInstanceState', status: 400 });
    },
    deviations: {
      moto: {
        id: 'terminated-starts',
        does: async (target) => {
          const id = await launched(target);
          await terminated(target, id);
          await target.ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
        },
      },
    },
  });

  rule('a stopped instance does not reboot', {
    source: lifecycle,
    holds: async (target) => {
      const id = await launched(target);
      await target.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
      await instanceIn(target, id, 'stopped');
      const reboot = new RebootInstancesCommand({ InstanceIds: [id] });
      const refused = await refusal(target.ec2.send(reboot));
      expect(refused).toEqual({ name: 'IncorrectInstanceState', status: 400 });
    },
    deviations: {
      moto: {
        id: 'reboot-starts-stopped',
        does: async (target) => {
          const id = await launched(target);
          await target.ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
          await target.ec2.send(new RebootInstancesCommand({ InstanceIds: [id] }));
          await instanceIn(target, id, 'running');
        },
      },
    },
  });
}
