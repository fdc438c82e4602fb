/** Serves one viewer made for @statelyai/inspect 0.7. It has nothing to say; what it sends is not read. */
import { follow } from './followed.ts';
import { actorFrame, snapshotFrame, statelyEventFrame, stoppedFrame } from './stately-frames.ts';
import type { Served } from './viewer-line.ts';

export function serveStately({ source, focus, line, nowMs }: Served): void {
  const following = follow({
    ...{ source, focus, nowMs },
    teller: {
      actor: (told, atMs) => line.send(actorFrame(told, atMs)),
      event: (told, event, atMs) => line.send(statelyEventFrame(told, event, atMs)),
      state: (told, event, atMs) => line.send(snapshotFrame(told, event, atMs)),
      stop: (told, atMs) => line.send(stoppedFrame(told, atMs)),
    },
    onLost: (because) => {
      line.end(because);
    },
  });
  line.onEnd(() => {
    following.close();
  });
}
