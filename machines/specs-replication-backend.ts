/** Which back end a manifest means, and what that one asks of the rest of it. */
import type { Backend, Parts, RuleBroken } from './specs-replication-parts.ts';

const backends: readonly Backend[] = ['ebs', 'csi-addons', 'trident', 'powerstore'];

const provisioners: readonly (readonly [RegExp, Backend])[] = [
  [/^(gp2|gp3|ebs\.csi\.aws\.com)$/, 'ebs'],
  [/^[a-z0-9.-]+\.rbd\.csi\.ceph\.com$/, 'csi-addons'],
  [/^csi\.trident\.netapp\.io$/, 'trident'],
  [/^csi-powerstore\.dellemc\.com$/, 'powerstore'],
];
const backendOfClass = (storageClass: string): Backend | undefined =>
  provisioners.find(([name]) => name.test(storageClass))?.[1];

const isBackend = (name: string): name is Backend => (backends as readonly string[]).includes(name);

/** As written; else the only extension; else what both storage classes are made by. Undefined when that tells nothing. */
export function backendOf({ backend, extensions, home, away }: Parts): Backend | undefined {
  if (backend === 'wrong') return undefined;
  if (backend !== undefined) return backend;
  const [only, ...more] = extensions;
  if (only !== undefined && more.length === 0) return isBackend(only) ? only : undefined;
  if (home === undefined || away === undefined) return undefined;
  const [left, right] = [home, away].map(({ storageClass }) => backendOfClass(storageClass));
  return left === right ? left : undefined;
}

export function noBackendRule({ backend, extensions, home, away }: Parts): readonly RuleBroken[] {
  if (backend === 'wrong' || home === undefined || away === undefined) return [];
  // One that is not known has a problem of its own.
  if (extensions.some((each) => !isBackend(each))) return [];
  const classes = [home, away].map(({ storageClass }) => storageClass);
  const made = classes.flatMap((each) => backendOfClass(each) ?? []);
  const named = extensions.length > 0 ? extensions.filter(isBackend) : [...new Set(made)];
  const candidates = named.length > 0 ? named : backends;
  const why =
    extensions.length > 0
      ? `extensions ${extensions.join(', ')} leave it open`
      : `storage classes ${classes.join(' and ')} do not tell it`;
  return [
    {
      path: ['backend'],
      code: 'manifest.backendUnknown',
      text: `is missing: ${why}; write ${listed(candidates)}`,
      allowed: candidates,
    },
  ];
}

export function backendRules(parts: Parts, backend: Backend): readonly RuleBroken[] {
  const found: RuleBroken[] = parts.extensions
    .filter((each) => isBackend(each) && each !== backend)
    .map((each) => ({
      path: ['extensions', each],
      code: 'manifest.wrongExtension',
      text: `is set: backend is ${backend}; remove it or write backend: ${each}`,
    }));
  if (backend !== 'ebs' && !parts.extensions.includes(backend))
    found.push({
      path: ['extensions', backend],
      code: 'manifest.required',
      text: `is missing: backend ${backend} cannot do without; write its fields (fairlead explain replication.spec.extensions)`,
    });
  if (backend === 'ebs' && parts.mode === 'synchronous')
    found.push({
      path: ['mode'],
      code: 'manifest.modeUnsupported',
      text: 'backend ebs copies snapshots; write asynchronous, or use csi-addons, trident or powerstore',
      allowed: ['asynchronous'],
    });
  return found;
}

function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}
