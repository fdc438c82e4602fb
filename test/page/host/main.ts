/** A made fleet in a process of its own, as a host is. Its argument: how many actors; it ends with the process that began it. */
import { openWorld } from '../world.ts';
import type { WorldSeen, WorldTold } from '../world-process.ts';

const world = await openWorld(Number(process.argv[2]));
const told: WorldTold = { port: world.port, link: world.link(), actors: world.actors };
process.send?.(told);
process.on('message', () => {
  const seen: WorldSeen = { streams: world.streams(), errors: world.errors.map(String) };
  process.send?.(seen);
});
process.on('disconnect', () => process.exit(0));
