import { describe, expect, it } from 'vitest';
import { ServerTooOld, isVersionSafe } from '../../../src/nats/version.ts';

describe('server version', () => {
  it.each(['2.10.23', '2.10.27', '2.11.0', '2.15.1-beta.2', '3.0.0', 'v2.10.23'])(
    '%s is new enough',
    (version) => expect(isVersionSafe(version)).toBe(true),
  );

  it.each(['2.9.10', '2.10.22', '1.99.99', '2.10', '', 'unknown'])('%j is not', (version) =>
    expect(isVersionSafe(version)).toBe(false),
  );

  it('is refused with what would go wrong and what to do', () => {
    expect(new ServerTooOld('2.9.10').message).toBe(
      'nats-server 2.9.10 is older than 2.10.23: it loses committed revisions after a crash and lets two writers win. ' +
        'Upgrade it, or run npm start, which fetches one. Override (data loss possible): nats.acceptUnsafeVersion: true in the host config',
    );
  });
});
