/** Everything AWS, from the host's config: endpoints and keys of a simulator, or the default chain of the real one. */
import { readFile } from 'node:fs/promises';
import type { CallGuard, Telemetry } from '../../actors/ports.ts';
import { createAws } from '../aws/cloud.ts';
import type { Aws } from '../aws/cloud.ts';
import type { SessionsConfig } from '../aws/session.ts';
import type { SharedCalls } from '../aws/shared-calls.ts';
import type { HostConfig } from '../config/host-config.ts';
import type { Settings } from '../config/settings.ts';
import { parseResult, renderScript } from '../k3s/script.ts';
import type { Verb } from '../k3s/script.ts';

/** SDK loaded, no call made. @throws Error when the key file of the simulator cannot be read */
export async function openAws(
  config: HostConfig,
  telemetry: Telemetry,
  guard: CallGuard,
  settings: { readonly current: Settings },
  shared: SharedCalls,
): Promise<Aws> {
  const artifactsUrl = config.artifacts.url;
  const aws = createAws({
    ...(await awsSettings(config)),
    ...(artifactsUrl === undefined ? {} : { artifactsUrl }),
    pacingScale: config.pacing.scale,
    telemetry,
    guard,
    shared,
    timeouts: () => settings.current.attemptTimeouts,
    script: {
      // A manifest's own base wins; then the host's; then the official releases, which need no parameter.
      render: (verb, parameters) =>
        renderScript(verb as Verb, {
          ...parameters,
          ...(verb === 'stage' && parameters['FL_ARTIFACTS'] === '' && artifactsUrl !== undefined
            ? { FL_ARTIFACTS: artifactsUrl }
            : {}),
        }),
      parse: parseResult,
    },
  });
  await aws.load();
  return aws;
}

/** The simulator is only ever reached by an explicit endpoint and key; the real AWS only by the default chain. */
async function awsSettings(config: HostConfig) {
  if (config.aws.mode === 'real') {
    const named = Object.entries(config.aws.accounts).map(([name, { profile, ownerId }]) => [
      name,
      { ...(profile !== undefined && { profile }), ...(ownerId !== undefined && { ownerId }) },
    ]);
    const accounts = Object.fromEntries([['main', {}], ...named]) as NonNullable<
      SessionsConfig['accounts']
    >;
    return { mode: 'real' as const, accounts };
  }
  const line = (await readFile(config.aws.accessKeyFile, 'utf8')).trim();
  const [accessKeyId = '', secretAccessKey = ''] = line.split(':');
  return {
    mode: 'simulator' as const,
    endpoint: config.aws.endpoint,
    credentials: { accessKeyId, secretAccessKey },
  };
}
