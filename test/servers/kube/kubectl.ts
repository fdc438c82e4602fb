/** The few kubectl commands that the kube script gives, with kubectl's own words and exit codes, against a pretended API server. */
import { kubeKinds } from '../../../actors/kube-port.ts';
import type { KubeKind, KubeMetadata } from '../../../actors/kube-port.ts';

export interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
}

const complaint = (stderr: string): Said => ({ exit: 1, stdout: '', stderr });

/** @param args  what follows `k3s kubectl` */
export async function kubectl(
  server: string,
  args: readonly string[],
  stdin: string,
): Promise<Said> {
  const [timeout = '', command = '', ...rest] = args;
  if (!timeout.startsWith('--request-timeout='))
    return complaint(`error: unknown flag: ${timeout}`);
  const request = requestOf(command, rest, stdin);
  if (request === undefined) return complaint(`error: unknown command "${command}"`);
  const { method, path, type = 'application/json' } = request;
  try {
    const answer = await fetch(`${server}${path}`, {
      method,
      headers: { 'content-type': type, 'user-agent': 'kubectl' },
      ...(rest.includes('-f') ? { body: stdin } : {}),
    });
    const text = await answer.text();
    return answer.ok ? { exit: 0, stdout: text, stderr: '' } : complaint(wordsFor(answer, text));
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return complaint(
      cause?.code === 'ECONNREFUSED'
        ? `The connection to the server ${server} was refused - did you specify the right host or port?`
        : 'Unable to connect to the server: EOF',
    );
  }
}

function requestOf(command: string, rest: readonly string[], stdin: string): Request | undefined {
  const path = rest[rest.indexOf('--raw') + 1] ?? '';
  const methods: Readonly<Record<string, string>> = {
    get: 'GET',
    replace: 'PUT',
    delete: 'DELETE',
  };
  const method = methods[command];
  if (method !== undefined) return { method, path };
  return command === 'apply' && rest.includes('--server-side') ? applyOf(rest, stdin) : undefined;
}

/** kubectl finds the place of an object by its kind. */
function applyOf(rest: readonly string[], stdin: string): Request {
  const { kind, metadata } = JSON.parse(stdin) as { kind: KubeKind; metadata: KubeMetadata };
  const { apiVersion, plural } = kubeKinds[kind];
  const base = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const where = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const manager = rest.find((each) => each.startsWith('--field-manager='))?.split('=')[1] ?? '';
  const force = String(rest.includes('--force-conflicts'));
  return {
    ...{ method: 'PATCH', type: 'application/apply-patch+yaml' },
    path: `${base}${where}/${plural}/${metadata.name}?fieldManager=${manager}&force=${force}`,
  };
}

function wordsFor({ status }: Response, text: string): string {
  const made =
    status === 404
      ? { reason: 'NotFound', message: 'the server could not find the requested resource' }
      : {
          reason: 'ServiceUnavailable',
          message: 'the server is currently unable to handle the request',
        };
  const { reason, message } = { ...made, ...statusIn(text) };
  if (reason === 'Unauthorized') return 'error: You must be logged in to the server (Unauthorized)';
  if (message.startsWith('Apply failed')) return `error: ${message}`;
  if (reason === 'Invalid') return `The ${message}`;
  return `Error from server (${reason}): ${message}`;
}

/** A proxy's bare answer is no JSON: kubectl makes up its own words then. */
function statusIn(text: string): { reason?: string; message?: string } {
  try {
    return JSON.parse(text) as { reason?: string; message?: string };
  } catch {
    return {};
  }
}
