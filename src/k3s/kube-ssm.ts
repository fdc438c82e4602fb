/** KubePort by scripts: a server node asks its own API with `k3s kubectl`, reached over SSM. No watch; changes may land late. */
import { promisify } from 'node:util';
import { gunzip, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { kubeFieldManager } from '../../actors/kube-port.ts';
import type { KubeIssue, KubePort } from '../../actors/kube-port.ts';
import type { Attempt, CallGuard, Clock, Random, Remote, Telemetry } from '../../actors/ports.ts';
import { bounds, kube } from '../../machines/limits.ts';
import type { CloudScope, EffectFault, ScriptAnswer } from '../../machines/messages.ts';
import { safetyTimes } from '../../machines/replication-limits.ts';
import { kubeBreakerKey, kubeTeller, refuseLate, thrownFault } from './kube-call-rules.ts';
import { kubeCalls } from './kube-calls.ts';
import type { Carry, KubeCall } from './kube-calls.ts';
import { expired, faultOfKubectl, kubeFault, KubeFault } from './kube-faults.ts';

/** A server node that runs. */
export interface KubeServerNode extends CloudScope {
  readonly instanceId: string;
  /** Its name in the cluster. */
  readonly node: string;
}

export interface SsmKubeParts {
  /** `<namespace>/<name>`. */
  readonly cluster: string;
  readonly remote: Remote;
  /** The cluster's uid, and its servers that should answer now. */
  servers(): Promise<{ readonly uid: string; readonly nodes: readonly KubeServerNode[] }>;
  /** Left out only in tests of a single part. */
  readonly guard?: CallGuard;
  readonly clock: Clock;
  readonly random: Pick<Random, 'ulid'>;
  readonly telemetry?: Pick<Telemetry, 'log'>;
}

export function createSsmKube(parts: SsmKubeParts): KubePort {
  const { cluster, remote, guard, clock, random } = parts;
  const key = kubeBreakerKey(cluster);
  /** Each call begins at another server, so that none is asked for everything. */
  let turn = 0;

  async function once(
    call: KubeCall,
    issue: KubeIssue,
    { uid, ...server }: KubeServerNode & { readonly uid: string },
    attempt: Attempt,
  ): Promise<unknown> {
    // The last look before it goes out: the wait for a place may have been long.
    refuseLate(issue, clock);
    const { node, ...target } = server;
    const answer = await remote.run(
      {
        ...target,
        ...{ verb: 'kube', opId: `kube-${random.ulid()}`, mayBeSent: false },
        deliverySeconds: safetyTimes.ssmDeliveryMs / 1_000,
        parameters: {
          ...{ FL_UID: uid, FL_NODE: node, FL_CLUSTER: cluster },
          ...parametersOf(call, issue),
        },
      },
      attempt,
    );
    return readAnswer(answer, call);
  }

  async function ask(
    call: KubeCall,
    issue: KubeIssue,
    server: KubeServerNode & { readonly uid: string },
    attempt: Attempt,
  ): Promise<unknown> {
    if (guard === undefined) return once(call, issue, server, attempt);
    const order = {
      ...{ key, attempt, operation: call.action, timeoutMs: kube.remoteAttemptMs },
      classify: (thrown: unknown) => thrownFault(thrown, attempt.signal),
    };
    return guard.call(order, ({ signal }) => once(call, issue, server, { ...attempt, signal }));
  }

  /** The next server is asked when this one certainly did nothing, or when asking twice changes nothing. */
  async function askServers(call: KubeCall, issue: KubeIssue, attempt: Attempt): Promise<unknown> {
    const { uid, nodes } = await parts.servers();
    turn += 1;
    for (let tries = 0; ; tries += 1) {
      const server = nodes[(turn + tries) % Math.max(nodes.length, 1)];
      if (server === undefined)
        throw kubeFault('Unavailable', 'kube.unreachable', `no server of ${cluster} runs`);
      try {
        return await ask(call, issue, { ...server, uid }, attempt);
      } catch (thrown) {
        const fault = thrownFault(thrown, attempt.signal);
        const isLast = tries + 1 >= Math.min(nodes.length, kube.remoteServersMax);
        const isHarmless = call.action === 'get' || fault.mayHaveHappened === false;
        if (isLast || attempt.signal.aborted || !ofServer.has(fault.type) || !isHarmless)
          throw thrown;
      }
    }
  }

  const carry: Carry = async (call, issue, attempt) => {
    const tell = kubeTeller(parts, call, attempt);
    try {
      refuseLate(issue, clock);
      const value = await askServers(call, issue, attempt);
      tell();
      return value;
    } catch (thrown) {
      const fault = thrownFault(thrown, attempt.signal);
      tell(fault);
      throw thrown instanceof KubeFault ? thrown : new KubeFault(fault, thrown);
    }
  };

  return kubeCalls(
    carry,
    { page: kube.remoteListPage, objectsMax: kube.remoteListObjectsMax },
    { viaSsm: true, lateMs: safetyTimes.ssmDeliveryMs, canWatch: false },
  );
}

/** Troubles of one server, not of the cluster. */
const ofServer: ReadonlySet<string> = new Set(['Unavailable', 'Timeout']);

function parametersOf({ action, path, body }: KubeCall, { issueBeforeMs }: KubeIssue) {
  const input = body === undefined ? '' : gzipSync(JSON.stringify(body)).toString('base64');
  if (input.length > kube.remoteInputChars)
    throw kubeFault(
      'InvalidSpec',
      'kube.tooLarge',
      `the object takes ${input.length} characters; a command over SSM holds ${kube.remoteInputChars} of them`,
    );
  return {
    ...{ FL_ACTION: action, FL_PATH: path, FL_INPUT: input, FL_MANAGER: kubeFieldManager },
    FL_REQUEST_SECONDS: String(kube.remoteRequestSeconds),
    FL_ANSWER_MAX: String(kube.remoteAnswerChars),
    FL_ISSUE_BEFORE: issueBeforeMs === undefined ? '' : String(Math.floor(issueBeforeMs / 1_000)),
  };
}

const factsSchema = z.object({
  exit: z.int(),
  object: z.string(),
  complaint: z.string(),
});
const unpack = promisify(gunzip);

async function readAnswer(answer: ScriptAnswer, { action }: KubeCall): Promise<unknown> {
  if (!answer.ok) throw refusalOfScript(answer, action);
  const facts = factsSchema.safeParse(answer.facts);
  const unreadable = (why: string) =>
    kubeFault('ProviderError', 'kube.unreadable', `the node's answer ${why}`, {
      mayHaveHappened: action !== 'get',
    });
  if (!facts.success) throw unreadable('holds no outcome');
  const { exit, object, complaint } = facts.data;
  if (exit !== 0) throw faultOfKubectl(Buffer.from(complaint, 'base64').toString());
  try {
    const packed = Buffer.from(object, 'base64');
    const text = await unpack(packed, { maxOutputLength: kube.answerBytesMax });
    return JSON.parse(text.toString());
  } catch {
    throw unreadable('cannot be unpacked');
  }
}

function refusalOfScript({ code, hint }: ScriptAnswer, action: KubeCall['action']): KubeFault {
  if (code === expired().fault.code) return expired();
  const isChange = action !== 'get';
  if (code === 'kube.tooLarge')
    return kubeFault('ProviderError', code, hint, { mayHaveHappened: isChange });
  // The script gave up before it asked anything, except where it stopped by itself.
  const mayHaveHappened: EffectFault['mayHaveHappened'] = isChange && code === 'script.unexpected';
  const message = hint === '' ? code : hint.slice(0, bounds.faultMessageChars);
  return kubeFault('Unavailable', code, message, { mayHaveHappened });
}
