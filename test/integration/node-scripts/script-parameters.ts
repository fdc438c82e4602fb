/** What every node script is given when a test says nothing else. */
import type { Verb } from '../../../src/k3s/script.ts';
import type { Machine } from './machines.ts';

const version = 'v1.31.4+k3s1';
export const uid = 'uid-0001';
export const serverTokenName = `/fairlead/${uid}/server/token`;
export const agentTokenName = `/fairlead/${uid}/agent/token`;

export function defaults(verb: Verb, machine: Machine, opId: string): Record<string, string> {
  const common = {
    FL_OP: opId,
    FL_UID: uid,
    FL_NODE: machine.node,
    FL_CLUSTER: 'shop/eu',
  };
  const tokens = {
    FL_SERVER_TOKEN_PARAMETER: serverTokenName,
    FL_AGENT_TOKEN_PARAMETER: agentTokenName,
  };
  switch (verb) {
    case 'stage':
      return {
        ...common,
        FL_ROLE: machine.role,
        FL_VERSION: version,
        FL_ARCH: machine.architecture === 'arm64' ? 'arm64' : 'amd64',
        FL_NODE_IP: machine.privateIp,
        FL_CLUSTER_CIDR: '10.42.0.0/16',
        FL_SERVICE_CIDR: '10.43.0.0/16',
        FL_CLUSTER_DNS: '10.43.0.10',
        FL_FLANNEL: 'vxlan',
        FL_DISABLE: 'traefik,servicelb',
        FL_SECRETS_ENCRYPTION: 'true',
        FL_SNAPSHOT_CRON: '0_*/12_*_*_*',
        FL_SNAPSHOT_RETAIN: '5',
        FL_TLS_SANS: machine.privateIp,
        FL_LABELS: 'tier=web',
        FL_TAINTS: '',
      };
    case 'init':
      return { ...common, ...tokens };
    case 'join-server':
      return { ...common, ...tokens };
    case 'join-agent':
      return { ...common, FL_AGENT_TOKEN_PARAMETER: agentTokenName };
    case 'observe':
      return common;
    case 'drain':
      return { ...common, FL_DRAIN_TIMEOUT: '120', FL_ON_TIMEOUT: 'abort' };
    case 'uncordon':
    case 'leave-etcd':
    case 'delete-node':
      return common;
    case 'kube':
      return {
        ...common,
        FL_ACTION: 'get',
        FL_PATH: '/api/v1/persistentvolumes/pv-1',
        FL_MANAGER: 'fairlead-replication',
        FL_REQUEST_SECONDS: '10',
        FL_ANSWER_MAX: '22000',
      };
    case 'snapshot':
      return { ...common, FL_SNAPSHOT: 'before-stop' };
    case 'stop':
    case 'restart':
    case 'check':
      return { ...common, FL_ROLE: machine.role };
    case 'publish-access':
      return {
        ...common,
        FL_ENDPOINT: `https://${machine.privateIp}:6443`,
        FL_PARAMETER: `/fairlead/${uid}/access/kubeconfig`,
      };
  }
}
