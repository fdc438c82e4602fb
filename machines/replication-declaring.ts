/** May this manifest be declared over the one there is: what is fixed, what the back end cannot do, what has to wait. Pure. */
import { changedPaths, sameJson, short } from './changed-paths.ts';
import type { Change } from './changed-paths.ts';
import { backendAbilities } from './replication-capabilities.ts';
import type { ReplicationContext } from './replication-context.ts';
import { accepted, refused, unchanged } from './refusal.ts';
import { admitPace, cannot, named } from './replication-refusal.ts';
import type { Admission } from './refusal.ts';
import { isOtherPace, settingsOf } from './replication-settings.ts';
import type { ReplicationManifest } from './specs.ts';

const fixed =
  /^spec\.(endpoints|initialSource|backend|consistency|volumes(\[\d+\]\.(name|home|away)|$|\[\d+\]$))/;

export function admitDeclaration(
  context: ReplicationContext,
  { metadata, spec }: ReplicationManifest,
): Admission {
  if (context.spec === null || context.settings === null) return accepted;
  const changed = changedPaths(context.spec, spec, 'spec');
  const hasSameMetadata =
    sameJson(context.labels, metadata.labels) &&
    sameJson(context.annotations, metadata.annotations);
  if (changed.length === 0 && hasSameMetadata) return unchanged;
  const problems = changed.filter(({ path }) => fixed.test(path)).map(problemOf);
  if (problems.length > 0)
    return refused({
      code: 'manifest.immutableField',
      message: `${named(context)} was not changed: ${problems.map(({ message }) => message).join(' ')}`,
      problems,
    });
  const { modes, pause } = backendAbilities[spec.backend];
  if (!modes.includes(spec.mode))
    return cannot(context, 'mode.unsupported', modeText(spec.backend, spec.mode));
  if (spec.paused && !context.isPaused && !pause)
    return cannot(context, 'operation.unsupported', `backend ${spec.backend} cannot be paused`);
  return isOtherPace(context.settings, settingsOf(spec)) ? admitPace(context) : accepted;
}

export const modeText = (backend: keyof typeof backendAbilities, mode: string): string =>
  `backend ${backend} does not copy ${mode === 'synchronous' ? 'synchronously' : 'asynchronously'}; ` +
  `it offers ${backendAbilities[backend].modes.join(' and ')}`;

const problemOf = ({ path, from, to }: Change) => ({
  ...{ path, code: 'manifest.immutableField', got: to },
  message: `${path} is ${short(to)}: fixed at creation as ${short(from)}; create a new Replication.`,
});
