/** Secrets: their values are in no record, event, reply, log line or parameter. */
import { plantedMark as mark } from '../cloud/estate.ts';
import type { NewChecker } from '../ground.ts';

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
    for (const [what, all] of Object.entries({
      'an event': outlets.events,
      'a reply': outlets.replies,
    }))
      if (JSON.stringify(all).includes(mark)) accuse(`a secret is in ${what}`);
    const letters = outlets.letters.map(({ problem }) => problem);
    if (JSON.stringify(letters).includes(mark)) accuse('a secret is in a dead letter');
  },
});
