/** What the fields of a replication's manifest must be to each other; each broken rule with its place and the way out. */
import { durationMs } from './replication-duration.ts';
import { backendOf, backendRules, noBackendRule } from './specs-replication-backend.ts';
import { ebsSetRule, volumeNames, volumeSides } from './specs-replication-volumes.ts';
import type { Backend, EndpointPart, Parts, RuleBroken } from './specs-replication-parts.ts';
import { sides } from './replication-table.ts';
import type { Side } from './replication-table.ts';

/** All of them at once. */
export function rulesBroken(parts: Parts): readonly RuleBroken[] {
  const backend = backendOf(parts);
  return [
    ...sides.flatMap((side) => zoneRule(side, parts[side])),
    ...placesRule(parts),
    ...scheduleRules(parts, backend),
    ...(backend === undefined ? noBackendRule(parts) : backendRules(parts, backend)),
    ...(backend === undefined ? [] : volumeSides(parts, backend)),
    ...(backend === 'ebs' ? ebsSetRule(parts) : []),
    ...volumeNames(parts.volumes),
  ];
}

// -------------------------------------------------------------------------------------------- endpoints

/** Letters that AWS gives to zones of a region; which of them an account has, only the region itself can tell. */
const zoneLetters = 'abcdef';

function zoneRule(side: Side, part: EndpointPart | undefined): readonly RuleBroken[] {
  if (part === undefined) return [];
  const { region, zone } = part;
  const isOfRegion = zone.startsWith(region) && zone.length === region.length + 1;
  if (isOfRegion && zoneLetters.includes(zone.slice(-1))) return [];
  const why = isOfRegion ? `${region} has no such zone` : `not a zone of ${region}`;
  const number = region.slice(region.lastIndexOf('-'));
  return [
    {
      path: ['endpoints', side, 'zone'],
      code: 'manifest.unknownZone',
      text: `${why}; use ${region}a, ${number}b or ${number}c`,
    },
  ];
}

function placesRule({ home, away }: Parts): readonly RuleBroken[] {
  if (home === undefined || away === undefined) return [];
  const place = ({ cluster, zone }: EndpointPart): string => `${cluster}/${zone}`;
  if (place(home) !== place(away) || home.region !== away.region) return [];
  return [
    {
      path: ['endpoints'],
      code: 'manifest.sameEndpoint',
      text: `is ${place(home)} twice: nothing would be protected; name two different places`,
    },
  ];
}

// --------------------------------------------------------------------------------------------- schedule

/** Half of how old a copy may be: a copy that fails once is still in time. */
export function everyOf(rpo: string): string {
  const halfMs = Math.max(1_000, Math.floor(durationMs(rpo) / 2 / 1_000) * 1_000);
  return halfMs % 60_000 === 0 ? `${halfMs / 60_000}m` : `${halfMs / 1_000}s`;
}

/** EC2 takes one snapshot of a volume in so long. */
const ebsEveryMinMs = 15_000;

function scheduleRules(parts: Parts, backend: Backend | undefined): readonly RuleBroken[] {
  const { scheduleMode, every, rpo } = parts;
  if (scheduleMode === 'interval' && rpo === undefined)
    return [
      {
        path: ['schedule', 'rpo'],
        code: 'manifest.rpoMissing',
        text: 'is missing: an interval follows from how old a copy may be; write one such as 15m',
      },
    ];
  const everyMs = durationMs(every ?? '');
  const rpoMs = durationMs(rpo ?? '');
  if (everyMs > 0 && rpoMs > 0 && everyMs > rpoMs)
    return outOfRange(
      'every',
      `longer than rpo ${rpo ?? ''}, which could never hold; write at most ${rpo ?? ''}`,
    );
  return backend === 'ebs' ? ebsScheduleRules(every, everyMs, rpoMs) : [];
}

const outOfRange = (field: string, text: string): readonly RuleBroken[] => [
  { path: ['schedule', field], code: 'manifest.intervalOutOfRange', text },
];

function ebsScheduleRules(
  every: string | undefined,
  everyMs: number,
  rpoMs: number,
): readonly RuleBroken[] {
  const why = 'shorter than EC2 takes snapshots of one volume';
  if (everyMs > 0 && everyMs < ebsEveryMinMs)
    return outOfRange('every', `${why}; write at least 15s`);
  const isTooOften = rpoMs > 0 && rpoMs < 2 * ebsEveryMinMs;
  if (every !== undefined || !isTooOften) return [];
  return outOfRange(
    'rpo',
    `needs a copy every half of it, ${why}; write at least 30s, or every: 15s`,
  );
}
