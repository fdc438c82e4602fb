/** Which parameters each node script takes, and what word each may be: the only texts that reach a shell. */
import { kubeKinds } from '../../actors/kube-port.ts';
import { kube } from '../../machines/limits.ts';

/** `always`; `server`: only when FL_ROLE is server; `optional`: may be empty. */
export type Need = 'always' | 'server' | 'optional';

const common = {
  FL_OP: 'always',
  FL_UID: 'always',
  FL_NODE: 'always',
  FL_CLUSTER: 'always',
} as const;

/** Run on a ready server, about another node. */
const aboutTarget = { ...common, FL_TARGET: 'always' } as const;

const byVerb = {
  stage: {
    ...common,
    FL_ROLE: 'always',
    FL_VERSION: 'always',
    FL_ARTIFACTS: 'optional',
    FL_ARCH: 'always',
    FL_NODE_IP: 'always',
    FL_CLUSTER_CIDR: 'server',
    FL_SERVICE_CIDR: 'server',
    FL_CLUSTER_DNS: 'server',
    FL_FLANNEL: 'server',
    FL_DISABLE: 'optional',
    FL_SECRETS_ENCRYPTION: 'server',
    FL_SNAPSHOT_CRON: 'server',
    FL_SNAPSHOT_RETAIN: 'server',
    FL_TLS_SANS: 'optional',
    FL_LABELS: 'optional',
    FL_TAINTS: 'optional',
  },
  init: {
    ...common,
    FL_SERVER_TOKEN_PARAMETER: 'always',
    FL_AGENT_TOKEN_PARAMETER: 'always',
    FL_PEERS: 'optional',
  },
  'join-server': {
    ...common,
    FL_SERVER_URL: 'always',
    FL_CA_HASH: 'always',
    FL_SERVER_TOKEN_PARAMETER: 'always',
    FL_AGENT_TOKEN_PARAMETER: 'always',
  },
  'join-agent': {
    ...common,
    FL_SERVER_URL: 'always',
    FL_CA_HASH: 'always',
    FL_AGENT_TOKEN_PARAMETER: 'always',
  },
  observe: common,
  'publish-access': { ...common, FL_ENDPOINT: 'always', FL_PARAMETER: 'always' },
  drain: { ...aboutTarget, FL_DRAIN_TIMEOUT: 'always', FL_ON_TIMEOUT: 'always' },
  uncordon: aboutTarget,
  'leave-etcd': aboutTarget,
  'delete-node': aboutTarget,
  snapshot: { ...common, FL_SNAPSHOT: 'always' },
  stop: { ...common, FL_ROLE: 'always' },
  restart: { ...common, FL_ROLE: 'always' },
  check: { ...common, FL_ROLE: 'always' },
  kube: {
    ...common,
    FL_ACTION: 'always',
    FL_PATH: 'always',
    FL_MANAGER: 'always',
    FL_REQUEST_SECONDS: 'always',
    FL_ANSWER_MAX: 'always',
    FL_INPUT: 'optional',
    FL_ISSUE_BEFORE: 'optional',
  },
} as const satisfies Record<string, Record<string, Need>>;

export type Verb = keyof typeof byVerb;

/** The shipped files a verb is made of, in their order. */
export function partsOf(verb: Verb): readonly string[] {
  return 'FL_TARGET' in byVerb[verb] ? ['prelude', 'target', verb] : ['prelude', verb];
}

/** Every verb that has a shipped script. */
export const verbs = Object.keys(byVerb) as readonly Verb[];

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const address = '\\d{1,3}(\\.\\d{1,3}){3}';
const host = `(${address}|${label}(\\.${label})*)`;
const range = `${address}/\\d{1,2}`;
const version = 'v1\\.\\d{1,3}\\.\\d{1,3}\\+k3s\\d{1,2}';
const labelKey = '([A-Za-z0-9.-]{1,253}/)?[A-Za-z0-9._-]{1,63}';
const labelValue = '[A-Za-z0-9._-]{0,63}';
const parameterPath = '/[A-Za-z0-9._/-]{1,500}';
const kubePlaces = Object.values(kubeKinds).map(({ apiVersion, plural, isNamespaced }) => {
  const base = `${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion.replaceAll('.', '\\.')}`;
  return `${base}/${isNamespaced ? '(namespaces/[a-z0-9.-]{1,253}/)?' : ''}${plural}`;
});
const kubePath = `/(${kubePlaces.join('|')})(/[a-z0-9.-]{1,253})?(\\?[A-Za-z0-9%&=._+*-]{1,2000})?`;
const listOf = (word: string) => `${word}(,${word}){0,199}`;

/** Whole-word patterns. None admits a quote, a blank, a backslash or a dollar sign. */
const patterns: Readonly<Record<string, string>> = {
  FL_OP: '[A-Za-z0-9][A-Za-z0-9._:-]{0,99}',
  FL_UID: '[A-Za-z0-9-]{1,64}',
  FL_NODE: label,
  FL_CLUSTER: `${label}/${label}`,
  FL_ROLE: 'server|agent',
  FL_VERSION: version,
  FL_ARTIFACTS: 'https?://[A-Za-z0-9.:-]{1,255}(/[A-Za-z0-9._~%/-]{0,500})?',
  FL_ARCH: 'amd64|arm64',
  FL_NODE_IP: address,
  FL_CLUSTER_CIDR: range,
  FL_SERVICE_CIDR: range,
  FL_CLUSTER_DNS: address,
  FL_FLANNEL: 'vxlan|wireguard-native|host-gw|none',
  FL_DISABLE: listOf('[a-z-]{1,40}'),
  FL_SECRETS_ENCRYPTION: 'true|false',
  FL_SNAPSHOT_CRON: '[0-9*,/-]{1,40}(_[0-9A-Za-z*,/-]{1,40}){4}',
  FL_SNAPSHOT_RETAIN: '\\d{1,3}',
  FL_TLS_SANS: listOf(host),
  FL_LABELS: listOf(`${labelKey}=${labelValue}`),
  FL_TAINTS: listOf(`${labelKey}(=${labelValue})?:(NoSchedule|PreferNoSchedule|NoExecute)`),
  FL_SERVER_TOKEN_PARAMETER: parameterPath,
  FL_AGENT_TOKEN_PARAMETER: parameterPath,
  FL_PEERS: listOf(address),
  FL_SERVER_URL: `https://${host}:\\d{1,5}`,
  FL_CA_HASH: '[0-9a-f]{64}',
  FL_ENDPOINT: `https://${host}:\\d{1,5}`,
  FL_PARAMETER: parameterPath,
  FL_TARGET: label,
  /** Seconds. */
  FL_DRAIN_TIMEOUT: '[1-9]\\d{0,3}',
  FL_ON_TIMEOUT: 'abort|force',
  FL_SNAPSHOT: '[a-z0-9]([a-z0-9.-]{0,78}[a-z0-9])?',
  FL_ACTION: 'get|apply|applyForce|replace|delete',
  /** A kind of the table only; whoever could order any path could read every secret of the cluster. */
  FL_PATH: kubePath,
  FL_MANAGER: label,
  FL_REQUEST_SECONDS: '[1-9]\\d{0,2}',
  FL_ANSWER_MAX: '[1-9]\\d{0,4}',
  /** gzip in base64. */
  FL_INPUT: `[A-Za-z0-9+/]{1,${kube.remoteInputChars}}={0,2}`,
  /** Seconds since the epoch. */
  FL_ISSUE_BEFORE: '[1-9]\\d{9}',
};

/** The parameters of a verb in their order, each with whether this call needs it. */
export function parametersOf(
  verb: Verb,
  given: Readonly<Record<string, string>>,
): ReadonlyMap<string, Need> {
  const server = given['FL_ROLE'] !== 'agent';
  return new Map(
    Object.entries<Need>(byVerb[verb]).map(([name, need]) => [
      name,
      need === 'server' && !server ? 'optional' : need,
    ]),
  );
}

/** What is wrong with a value, in words that follow the parameter's name; undefined when nothing is. */
export function wordProblem(
  name: string,
  value: string,
  need: Need | undefined,
): string | undefined {
  const pattern = patterns[name];
  if (pattern === undefined || need === undefined) return 'is not one of its parameters';
  if (value === '') return need === 'optional' ? undefined : 'is missing';
  if (new RegExp(`^(${pattern})$`).test(value)) return undefined;
  return `is not a word of its kind: ${JSON.stringify(value.slice(0, 80))}`;
}
