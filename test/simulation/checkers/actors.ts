/** Hosting: no actor is set aside, no turn fails by a bug of hosting, none poisons. */
import type { NewChecker } from '../ground.ts';

const bugs =
  /^(poison: the turn was discarded|a turn failed inside hosting|quarantined|a record cannot be read|a listener failed|the host did not start)/;

export const actors: NewChecker = (_ground, accuse) => ({
  logged: ({ host, text, fields }) => {
    if (bugs.test(text)) accuse(`${host}: ${text} ${JSON.stringify(fields)}`);
    if (text === 'effect failed' && fields['fault'] === 'InternalError')
      accuse(`${host}: an effect met a bug: ${JSON.stringify(fields)}`);
  },
});
