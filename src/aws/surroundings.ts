/** Port Surroundings on EC2 and SSM: plan, security groups, secrets. */
import type { Surroundings } from '../../actors/ports.ts';
import { makePlan } from './plan.ts';
import { deleteSecrets, ensureSecrets } from './secrets.ts';
import { deleteSecurityGroups, ensureSecurityGroups } from './security-groups.ts';
import type { Sessions } from './session.ts';

export const createSurroundings = (
  sessions: Sessions,
  artifactsUrl: string | undefined,
): Surroundings => ({
  plan: (request, attempt) => makePlan(sessions, artifactsUrl, request, attempt),
  ensureSecurityGroups: (request, attempt) => ensureSecurityGroups(sessions, request, attempt),
  deleteSecurityGroups: ({ account, region }, uid, vpcId, attempt) =>
    deleteSecurityGroups(sessions, { account, region, ...attempt }, uid, vpcId),
  ensureSecrets: ({ account, region }, uid, attempt) =>
    ensureSecrets(sessions, { account, region, ...attempt }, uid),
  deleteSecrets: ({ account, region }, uid, attempt) =>
    deleteSecrets(sessions, { account, region, ...attempt }, uid),
});
