/** `fairlead cluster create`: a manifest out of flags, checked and sent like one from a file. */
import { apiVersion } from '../../../machines/ids.ts';
import { manifestSchemas } from '../../../machines/specs.ts';
import { checked } from '../../../actors/schema-problems.ts';
import { exits } from '../exit-codes.ts';
import { Failure, usage } from '../failure.ts';
import { targetOf } from '../kinds.ts';
import type { Flags, Verb } from '../shell.ts';
import { submit } from './apply.ts';

export const create: Verb = async (shell) => {
  const target = targetOf(shell.operands, shell.namespace, { name: 'create', kinds: ['cluster'] });
  const [named, ...more] = target.names;
  if (named === undefined || more.length > 0)
    throw usage('create needs one name', {
      tries: ['fairlead cluster create <name> --region eu-central-1'],
    });
  if (shell.flags.region === undefined)
    throw usage('create needs --region', {
      tries: [`fairlead cluster create ${named.name} --region eu-central-1`],
    });
  const raw = { apiVersion, kind: 'Cluster', metadata: named, spec: specOf(shell.flags) };
  const parsed = checked(manifestSchemas.Cluster, raw);
  if (!parsed.ok)
    throw new Failure(
      {
        code: 'manifest.invalid',
        message: `cluster ${named.namespace}/${named.name} cannot be created like this; nothing was sent`,
        problems: parsed.problems,
        retryable: false,
      },
      exits.usage,
      ['fairlead cluster create --help', 'fairlead explain cluster.spec'],
    );
  return submit(shell, 'create', [{ kind: 'cluster', manifest: parsed.value, at: 'flags' }]);
};

/** Only what was given: the schema knows the defaults. */
function specOf(flags: Flags): Record<string, unknown> {
  const { region, profile, channel, k3s, servers, agents, instanceType, agentType } = flags;
  const agentTypes = agentType ?? instanceType ?? ['t3.medium'];
  return {
    region,
    ...(profile === undefined ? {} : { profile }),
    ...(channel === undefined && k3s === undefined
      ? {}
      : {
          version: {
            ...(channel === undefined ? {} : { channel }),
            ...(k3s === undefined ? {} : { k3s }),
          },
        }),
    servers: {
      ...(servers === undefined ? {} : { count: servers }),
      ...(instanceType === undefined ? {} : { instanceTypes: instanceType }),
    },
    ...(agents === undefined || agents === 0
      ? {}
      : { agentPools: [{ name: 'agents', count: agents, instanceTypes: agentTypes }] }),
  };
}
