/** What goes on around replications besides their own turns: looks at endpoints, measurements, the query for points. */
import type { Host } from '../../actors/host.ts';
import type { WorkWatch } from '../../actors/household.ts';
import type { CircuitState } from '../../actors/policies/breaker-counts.ts';
import type { Telemetry } from '../../actors/ports.ts';
import { measuredBackends } from '../../actors/replication-backends.ts';
import { ReplicationMeasures } from '../../actors/replication-measures.ts';
import { replicationPoints } from '../../actors/replication-points.ts';
import type { VolumeBackends } from '../../actors/replication-ports.ts';
import { ReplicationWatch } from '../../actors/replication-watch.ts';
import { systemClock, systemRandom } from '../clock.ts';

export interface ReplicationParts {
  readonly telemetry: Telemetry;
  readonly scale: number;
  readonly backends: VolumeBackends;
  readonly resourcesMax: () => number;
  readonly circuits: () => readonly CircuitState[];
}

export function openReplications(parts: ReplicationParts) {
  const { telemetry, scale, backends, resourcesMax, circuits } = parts;
  const clock = systemClock;
  const measures = new ReplicationMeasures({ clock, telemetry, resourcesMax, circuits });
  const volumes = measuredBackends(backends, {
    ...{ clock, telemetry },
    onRetry: (of) => {
      measures.retried(of);
    },
  });
  const hosted: { now: Host | undefined } = { now: undefined };
  const watch = new ReplicationWatch({
    ...{ clock, random: systemRandom, telemetry, scale, volumes },
    tell: (key, event) => hosted.now?.observe(key, event),
  });
  return {
    /** As effects and looks reach them: timed and counted. */
    volumes,
    looks: { 'replication.points': replicationPoints(clock) },
    reported: ((key, report) => {
      measures.reported(key, report);
    }) satisfies WorkWatch['reported'],
    readings: () => measures.readings(),
    /** From now on every commit is followed. */
    follow: (host: Host): void => {
      hosted.now = host;
      host.onCommitted((key, kind, snapshot) => {
        if (kind !== 'replication') return;
        measures.update(key, snapshot);
        watch.update(key, snapshot);
      });
      host.onForgotten((key) => {
        measures.forget(key);
        watch.forget(key);
      });
    },
    stop: (): void => {
      watch.stop();
    },
  };
}
