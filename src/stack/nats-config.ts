/** Text of the stack's server.conf: loopback, JetStream synced each second, one key for hosts and one for the CLI. */

export interface NatsConfig {
  readonly serverName: string;
  /** −1: any free one. */
  readonly port: number;
  readonly storeDir: string;
  readonly hostKey: string;
  readonly cliKey: string;
}

const reading = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.>`,
  `$JS.API.CONSUMER.DELETE.${stream}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
];

/** What a client needs: commands, queries, events and steps with their history. Records, leases and the work queue stay closed. */
const CLI_PUBLISH = [
  'fairlead.v1.cmd.>',
  'fairlead.v1.qry.>',
  '$SRV.>',
  '$JS.API.INFO',
  '$JS.API.STREAM.NAMES',
  ...reading('FAIRLEAD_EVT'),
  ...reading('FAIRLEAD_STEP'),
  '$JS.ACK.>',
  '$JS.FC.>',
];
const CLI_SUBSCRIBE = [
  ...['_INBOX.>', '_INBOX_cli.>', 'fairlead.v1.evt.>', 'fairlead.v1.live.>'],
  'fairlead.v1.step.>',
];

export function natsConfig(config: NatsConfig): string {
  // JSON strings are valid here and escape whatever a folder's name holds.
  const text = (value: string): string => JSON.stringify(value);
  const list = (values: readonly string[]): string => `[${values.map(text).join(', ')}]`;
  return `# Written by the Fairlead stack at each start.
server_name: ${text(config.serverName)}
listen: "127.0.0.1:${config.port}"
jetstream {
  store_dir: ${text(config.storeDir)}
  sync_interval: "1s"
}
authorization {
  users: [
    { nkey: ${config.hostKey} }
    { nkey: ${config.cliKey}, permissions: {
      publish: { allow: ${list(CLI_PUBLISH)} }
      subscribe: { allow: ${list(CLI_SUBSCRIBE)} }
    } }
  ]
}
`;
}
