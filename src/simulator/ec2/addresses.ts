/** Private addresses of a subnet. */
import { subnetAddressesMax } from '../catalogue.ts';
import type { SubnetEntry } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import type { Call } from '../world.ts';
import { isAlive } from './instance-state.ts';

/** AWS keeps the first four addresses of a subnet to itself. */
const firstOffset = 4;

/**
 * The next free addresses, going round the subnet so that one is not used again soon.
 * Every region has the same default network; counting over all of them keeps an address unique in the whole simulator,
 * which lets a node be found by its address alone.
 * @throws AwsError `InsufficientFreeAddressesInSubnet`
 */
export function takeAddresses(subnet: SubnetEntry, count: number, call: Call): string[] {
  const { instances, addresses } = call.world.tables;
  const used = new Set(
    [...instances.all()].filter((it) => isAlive(it, call.nowMs)).map((it) => it.privateIp),
  );
  const taken: string[] = [];
  let offset = addresses.get(subnet.zone.letter) ?? 0;
  for (let tries = 0; taken.length < count; tries += 1) {
    if (tries >= subnetAddressesMax) {
      throw new AwsError(
        'InsufficientFreeAddressesInSubnet',
        `There are not enough free addresses in subnet '${subnet.subnetId}' to satisfy the requested number of instances.`,
      );
    }
    const address = toDotted(subnet.base + firstOffset + offset);
    offset = (offset + 1) % subnetAddressesMax;
    if (!used.has(address)) taken.push(address);
  }
  addresses.put(subnet.zone.letter, offset);
  return taken;
}

function toDotted(address: number): string {
  return [24, 16, 8, 0].map((shift) => String((address >>> shift) & 255)).join('.');
}

/** Addresses of the subnet that no living instance uses. */
export function freeAddresses(subnet: SubnetEntry, call: Call): number {
  const used = [...call.world.tables.instances.all()].filter(
    (record) => record.subnetId === subnet.subnetId && isAlive(record, call.nowMs),
  );
  return subnetAddressesMax - used.length;
}
