/** What a change of state does to the machine itself: processes stop with it, its folder goes when it is terminated. */
import type { InstanceRecord } from '../state/records.ts';
import { tokenLifeMs } from '../timing.ts';
import type { World } from '../world.ts';
import { terminatedAtMs } from './instance-state.ts';
import { settleBefore } from './volumes/forget.ts';

/** Plans the end of the machine behind an instance that is going to be terminated. To be repeated after a restart. */
export function watchEnd(world: World, record: InstanceRecord): void {
  const endMs = terminatedAtMs(record);
  if (endMs === undefined) return;
  world.clock.at(endMs, () => {
    world.runner.forget(record.instanceId);
  });
  world.clock.at(endMs + world.clock.scaled(tokenLifeMs), () => {
    forgetRecord(world, record);
  });
}

/** The row and its token outlive the instance by a token's life: a replayed launch must still find what it launched. */
function forgetRecord(world: World, record: InstanceRecord): void {
  settleBefore(world, record.instanceId, world.clock.nowMs());
  world.tables.instances.remove(record.instanceId);
  for (const token of [...world.tables.tokens.all()]) {
    const isSpent = token.instanceIds.every((id) => !world.tables.instances.has(id));
    if (isSpent) world.tables.tokens.remove(token.key);
  }
}

/** After a restart of the simulator: machines that should be gone go, and those that are down stay down. */
export function resumeMachines(world: World): void {
  for (const record of [...world.tables.instances.all()]) watchEnd(world, record);
}
