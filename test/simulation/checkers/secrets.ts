/** Secrets: their values are in no record, event, reply, log line or parameter. */
import type { NewChecker } from '../ground.ts';

const mark = 'planted-token-';

export const secrets: NewChecker = (ground, accuse) => ({
  written: ({ actor, bytes }) => {
    if (bytes.includes(mark)) accuse(`a secret is in the record of ${actor}`);
  },
  called: ({ name, text }) => {
    if (text.includes(mark)) accuse(`a secret goes with ${name}`);
  },
  logged: ({ text, fields }) => {
    if (JSON.stringify([text, fields]).includes(mark)) accuse(`a secret is in the log: ${text}`);
  },
  ended: () => {
    const { outlets } = ground.parts;
    for (const [what, all] of Object.entries({ event: outlets.events, reply: outlets.replies }))
      if (JSON.stringify(all).includes(mark)) accuse(`a secret is in an ${what}`);
    const letters = outlets.letters.map(({ problem }) => problem);
    if (JSON.stringify(letters).includes(mark)) accuse('a secret is in a dead letter');
  },
});
