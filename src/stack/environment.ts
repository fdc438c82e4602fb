/** What children of the stack may see: never NATS_*, AWS_*, a nats context or the user's home. */

const KEPT = ['PATH', 'TZ', 'TMPDIR'];

/** @param home  a folder of ours, so that nothing finds `~/.aws` or `~/.config/nats` */
export function childEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = KEPT.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    HOME: home,
    LANG: 'C.UTF-8',
    // The SDK must meet no profile even when its home is guessed some other way, and no metadata service.
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  };
}
