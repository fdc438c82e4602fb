/** Section `inspector` of the host's config file. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { inspectorServer as limits } from '../../machines/limits-inspector-server.ts';
import { isLoopback } from '../inspector/server/addresses.ts';

const path = z.string().min(1);
const address = z.string().refine((text) => isIP(text) !== 0, 'expected an IP address');

export const inspectorConfig = z
  .strictObject({
    enabled: z.boolean().default(true),
    /** Address it listens on. Any but loopback needs a token file, and TLS or a trusted proxy. */
    host: z.union([z.literal('localhost'), address]).default('127.0.0.1'),
    /** 0 takes a free one. */
    port: z.int().min(0).max(65_535).default(8_080),
    /** Lines `role user token`, mode 0600. Default: made in `dataDir` with one admin token. */
    tokenFile: path.optional(),
    /** Further names that browsers may ask for it by, without port. */
    allowedHosts: z
      .array(
        z
          .string()
          .max(253)
          .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'expected a host name in lower case'),
      )
      .max(limits.allowedHostsMax, `expected at most ${limits.allowedHostsMax} names`)
      .default([]),
    tls: z.strictObject({ certFile: path, keyFile: path }).optional(),
    /** Address of the proxy that speaks TLS for it; requests from elsewhere are refused. */
    trustedProxy: address.optional(),
    /** Viewers of other makers: docs/inspector.md, "Other viewers". */
    compat: z
      .strictObject({
        /** WebSocket `/inspect/xstate` for viewers of @xstate/inspect 0.8. */
        xstateInspect: z.boolean().default(false),
        /** WebSocket `/inspect/stately` and page `/inspect/view` for @statelyai/inspect 0.7. */
        statelyInspect: z.boolean().default(false),
        /** Origins of viewers' pages elsewhere, which come with a token. */
        origins: z
          .array(z.string().regex(/^https?:\/\/[a-z0-9.-]+(:\d{1,5})?$/, 'expected an origin'))
          .max(limits.allowedHostsMax, `expected at most ${limits.allowedHostsMax} origins`)
          .default([]),
      })
      .prefault({}),
  })
  .superRefine(({ enabled, host, tokenFile, tls, trustedProxy }, context) => {
    const refuse = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    if (tls !== undefined && trustedProxy !== undefined)
      refuse('trustedProxy', 'give either tls or trustedProxy, not both');
    if (!enabled || isLoopback(host)) return;
    if (tokenFile === undefined)
      refuse('tokenFile', `expected a token file with host ${host}: others can reach that address`);
    if (tls === undefined && trustedProxy === undefined)
      refuse('tls', `expected tls, or trustedProxy, with host ${host}: tokens would be readable`);
  })
  .prefault({});

export type InspectorConfig = z.infer<typeof inspectorConfig>;
