/** `fairlead cluster create`: a manifest out of flags, checked and sent like one from a file. */
import { apiVersion } from '../../../machines/ids.ts';
import { manifestSchemas } from '../../../machines/specs.ts';
import { checked } from '../../../actors/schema-problems.ts';
import { exits } from '../exit-codes.ts';
import type { Exit } from '../exit-codes.ts';
import { Failure, usage } from '../failure.ts';
import { storedTargetOf } from '../kinds.ts';
import type { Flags, Shell, Verb } from '../shell.ts';
import { submit } from './apply.ts';

export const create: Verb = async (shell) => {
  if (shell.flags.filename !== undefined) return fromFiles(shell, shell.flags.filename);
  const target = storedTargetOf(shell.operands, shell.namespace, 'create');
  if (target.kind !== 'cluster')
    throw usage(`a ${target.kind} is created from a manifest`, {
      tries: ['fairlead replication create -f examples/replication.yaml'],
    });
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

/** As `apply`, but refused where the name is taken. A kind may stand before `-f`: it is that of the manifests. */
async function fromFiles(shell: Shell, filename: readonly string[]): Promise<Exit> {
  const { parseManifests, readManifestTexts } = await import('../manifests.ts');
  const namespace = { name: shell.namespace, isForced: shell.flags.namespace !== undefined };
  const declared = parseManifests(readManifestTexts(filename, shell.terminal), namespace);
  if (shell.operands.length > 0) {
    const { kind, names } = storedTargetOf(shell.operands, shell.namespace, 'create');
    if (names.length > 0) throw usage('create takes either -f or a name, not both');
    const other = declared.find((each) => each.kind !== kind);
    if (other !== undefined) throw usage(`${other.at} declares a ${other.kind}, not a ${kind}`);
  }
  return submit(shell, 'create', declared);
}

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
