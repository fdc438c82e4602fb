/** Serves one viewer made for @xstate/inspect 0.8. */
import { viewers } from '../../../machines/limits-inspector-compat.ts';
import type { ApiProblem } from '../api.ts';
import { follow } from './followed.ts';
import { commandOf, isProblem, readViewerMessage } from './viewer-messages.ts';
import type { ViewerMessage } from './viewer-messages.ts';
import type { Served } from './viewer-line.ts';
import { eventFrame, registerFrame, stateFrame } from './xstate-frames.ts';

/** Nothing is told before the viewer's first `xstate.inspecting`; each further one tells of all machines again. */
export function serveXState({ source, viewer, focus, line, nowMs, newId }: Served): void {
  let following: ReturnType<typeof follow> | undefined;
  let commands = 0;

  const inspect = (): void => {
    if (following !== undefined) {
      following.tellAll();
      return;
    }
    following = follow({
      ...{ source, focus, nowMs },
      teller: {
        actor: (told) => line.send(registerFrame(told)),
        event: (told, event) => line.send(eventFrame(told.session, event)),
        state: (told, event) => line.send(stateFrame(told, event)),
        stop: ({ session }) => line.send({ type: 'service.stop', sessionId: session }),
      },
      onLost: (because) => {
        line.end(because);
      },
    });
  };

  /** The protocol has no word for a refusal, but every viewer lists events. */
  const refuse = (session: string, problem: ApiProblem): void => {
    line.send(eventFrame(session, 'fairlead.refused', problem));
  };

  const send = async (message: Extract<ViewerMessage, { type: 'event' }>): Promise<void> => {
    const told = following?.find(message.session);
    const command = commandOf(told, message, viewer, newId());
    const refused = isProblem(command) ? command : await source.send(command, viewer);
    if (refused !== undefined) refuse(message.session, refused);
  };

  line.onText((text) => {
    const message = readViewerMessage(text);
    if (typeof message === 'string') {
      refuse('', { code: 'inspector.badRequest', message });
    } else if (message.type === 'inspecting') {
      inspect();
    } else if (commands >= viewers.commandsMax) {
      const text = 'commands are under way already; wait for them';
      refuse(message.session, { code: 'inspector.tooFast', message: text });
    } else {
      commands += 1;
      send(message)
        .catch((error: unknown) => {
          const text = error instanceof Error ? error.message : String(error);
          refuse(message.session, { code: 'inspector.unavailable', message: text });
        })
        .finally(() => (commands -= 1));
    }
  });
  line.onEnd(() => following?.close());
}
