/** Volumes of the simulated EC2, one account for each replication, and how a process reaches them. */
import { CloudFault } from '../../src/aws/faults.ts';
import type { Sessions } from '../../src/aws/session.ts';
import { simulatedEc2 } from '../fakes/simulated-ec2.ts';
import type { SimulatedEc2 } from '../fakes/simulated-ec2.ts';
import { devices, regions, zones } from '../model/replication/hosted/declared.ts';
import type { Places } from '../model/replication/hosted/declared.ts';
import type { Life } from './life.ts';
import { asError } from './wire.ts';
import type { Wire } from './wire.ts';

export interface Account extends SimulatedEc2 {
  readonly name: string;
  readonly places: Places;
}

/** The call as it goes out: who makes it, for which account. */
export type VolumeCall = (account: string, name: string, input: object) => void;

const cutMs = [1_000, 20_000] as const;
type Scope = Parameters<Sessions['ec2']>[0];

export class SimVolumes {
  readonly accounts: Account[] = [];
  readonly #wire: Wire;
  readonly #onCall: VolumeCall;

  constructor(wire: Wire, onCall: VolumeCall) {
    this.#wire = wire;
    this.#onCall = onCall;
  }

  /** An account with a machine on each side, and at home volumes that are written to. Time passes. */
  async open(name: string, seed: number): Promise<Account> {
    const { clock } = this.#wire;
    const cloud = simulatedEc2({ clock, seed });
    const done = async <T>(promise: Promise<T>, thenMs = 0): Promise<T> => {
      await clock.advance(0);
      const value = await promise;
      await clock.advance(thenMs);
      return value;
    };
    const home = await done(cloud.launch(zones.home));
    const away = await done(cloud.launch(zones.away), 60_000);
    const scope = {
      ...{ account: name, region: regions.home, correlationId: 'setting up' },
      signal: new AbortController().signal,
    };
    const volumeIds: string[] = [];
    for (const Device of devices) {
      const made = cloud.ec2(scope, 'createVolume', { AvailabilityZone: zones.home, Size: 8 });
      const { VolumeId = '' } = await done(made, 30_000);
      await done(cloud.ec2(scope, 'attachVolume', { VolumeId, InstanceId: home, Device }), 30_000);
      volumeIds.push(VolumeId);
    }
    const places = { home: { instanceId: home, volumeIds }, away: { instanceId: away } };
    const account: Account = { ...cloud, name, places };
    this.accounts.push(account);
    return account;
  }

  client(life: Life): Sessions['ec2'] {
    const calls = (scope: Scope, name: string, input: object): Promise<unknown> =>
      this.#call(life, scope, name, input);
    return calls as unknown as Sessions['ec2'];
  }

  #call(life: Life, scope: Scope, name: string, input: object): Promise<unknown> {
    const { clock, weather, trace, chance } = this.#wire;
    return new Promise((resolve, reject) => {
      if (!life.cross(`> ec2.${name}`)) return;
      trace.note(life.name, `ec2.${name}`, JSON.stringify(input));
      const back = (run: () => void): void => {
        life.enter(`< ec2.${name}`, run);
      };
      if (weather.isCut(life.host, 'cloud')) {
        trace.fault('cut', life.name, name);
        clock.after(chance.whole(...cutMs), () => {
          back(() => {
            reject(noWay());
          });
        });
        return;
      }
      clock.after(chance.whole(1, 6), () => {
        this.#onCall(scope.account, name, input);
        this.#reach(scope, name, input).then(
          (reply) => {
            back(() => {
              resolve(reply);
            });
          },
          (thrown: unknown) => {
            back(() => {
              reject(asError(thrown));
            });
          },
        );
      });
    });
  }

  #reach(scope: Scope, name: string, input: object): Promise<unknown> {
    const account = this.accounts.find((each) => each.name === scope.account);
    if (account === undefined) return Promise.reject(noWay());
    // One name goes with its own input; through a variable the compiler cannot follow that.
    const ec2 = account.ec2 as (...given: unknown[]) => Promise<unknown>;
    return ec2(scope, name, input);
  }
}

const noWay = (): CloudFault =>
  new CloudFault({
    ...{ type: 'Timeout', code: 'socket.timeout', message: 'no way to EC2 (simulated)' },
    mayHaveHappened: false,
  });
