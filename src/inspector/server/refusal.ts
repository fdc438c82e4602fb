/** Why a request is not answered with what it asked for; every refusal says what to do. */

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, unknown>>;
  constructor(
    status: number,
    code: string,
    message: string,
    fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

const refusals = {
  badRequest: [400, 'correct the request'],
  badHost: [
    421,
    'this Host header is not one of ours; open the address that the host printed, or add the name to inspector.allowedHosts',
  ],
  proxyOnly: [403, 'requests come by the trusted proxy only; use its address'],
  noLogin: [
    401,
    'no login: open the link that `fairlead inspect` prints, or send `Authorization: Bearer <token>`',
  ],
  wrongToken: [401, 'the token is in no line of the token file; `fairlead inspect` prints a link'],
  badOrigin: [403, 'a write with a cookie needs the Origin of this page'],
  foreignSite: [403, 'this request was sent by a page of another origin'],
  noMark: [403, 'a write with a cookie needs the header `X-Fairlead: 1`'],
  notJson: [403, 'a write needs `Content-Type: application/json`'],
  tooFewRights: [403, 'the role of this login is too low'],
  notFound: [404, 'there is nothing here'],
  notAllowed: [405, 'this path does not take that method'],
  tooLarge: [413, 'the body is too large'],
  tooManyStreams: [429, 'too many streams are open; close other tabs and try again'],
  tooFast: [429, 'too many at once; wait a second and try again'],
  unavailable: [503, 'not available now; try again'],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalWord = keyof typeof refusals;

/** A refusal with its status, its code `inspector.<word>`, and its usual text unless another is given. */
export function refusal(
  word: RefusalWord,
  message?: string,
  fields?: Readonly<Record<string, unknown>>,
): Refusal {
  const [status, usual] = refusals[word];
  return new Refusal(status, `inspector.${word}`, message ?? usual, fields);
}
