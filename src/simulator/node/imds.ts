/** Instance metadata, version 2 only: a session token first, then facts and the credentials of the instance's role. */
import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SimulatedInstance } from './contract.ts';
import { replyJson, replyText } from './http-body.ts';

export interface RoleCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

const roleName = 'fairlead-node';
const tokenSecondsMax = 21_600;
const credentialLifeMs = 6 * 3_600_000;
// Tokens need not outlive the process: a script that meets a new one just asks again.
const secret = randomBytes(32);

export function answerImds(
  req: IncomingMessage,
  res: ServerResponse,
  instance: SimulatedInstance,
  path: string,
  credentials: () => RoleCredentials,
): void {
  if (path === '/latest/api/token') {
    giveToken(req, res, instance);
    return;
  }
  if (!isValid(req.headers['x-aws-ec2-metadata-token'], instance)) {
    replyText(res, 401, 'Unauthorized');
    return;
  }
  if (path === `/latest/meta-data/iam/security-credentials/${roleName}`) {
    giveCredentials(res, credentials());
    return;
  }
  const fact = factOf(instance, path.replace(/^\/latest\/meta-data\//, ''));
  replyText(res, fact === undefined ? 404 : 200, fact ?? 'Not Found');
}

function factOf(instance: SimulatedInstance, name: string): string | undefined {
  switch (name) {
    case 'instance-id':
      return instance.instanceId;
    case 'local-ipv4':
      return instance.privateIp;
    case 'placement/region':
      return instance.region;
    case 'placement/availability-zone':
      return instance.zone;
    case 'services/domain':
      return 'amazonaws.com';
    case 'iam/security-credentials/':
      return roleName;
    default:
      return undefined;
  }
}

function giveToken(req: IncomingMessage, res: ServerResponse, instance: SimulatedInstance): void {
  const seconds = Number(req.headers['x-aws-ec2-metadata-token-ttl-seconds']);
  if (req.method !== 'PUT') {
    replyText(res, 405, 'Method Not Allowed');
  } else if (!Number.isInteger(seconds) || seconds < 1 || seconds > tokenSecondsMax) {
    replyText(res, 400, 'Bad Request');
  } else {
    replyText(res, 200, sign(instance, Date.now() + seconds * 1000));
  }
}

function giveCredentials(res: ServerResponse, credentials: RoleCredentials): void {
  const nowMs = Date.now();
  replyJson(res, 200, {
    Code: 'Success',
    LastUpdated: new Date(nowMs).toISOString(),
    Type: 'AWS-HMAC',
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey,
    Token: credentials.sessionToken,
    Expiration: new Date(nowMs + credentialLifeMs).toISOString(),
  });
}

function sign(instance: SimulatedInstance, expiresAtMs: number): string {
  const text = `${instance.instanceId}.${String(expiresAtMs)}`;
  const mac = createHmac('sha256', secret).update(text).digest('base64url');
  return `${String(expiresAtMs)}.${mac}`;
}

function isValid(token: string | string[] | undefined, instance: SimulatedInstance): boolean {
  if (typeof token !== 'string') return false;
  const expiresAtMs = Number(token.split('.')[0]);
  return Date.now() < expiresAtMs && token === sign(instance, expiresAtMs);
}
