/** A refusal in the words of an API server. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;
  /** Name of the object it is about; empty when the kind itself is not served. */
  readonly object: string;

  constructor(status: number, reason: string, message: string, object = '') {
    super(message);
    this.status = status;
    this.reason = reason;
    this.object = object;
  }

  static notFound({ plural, name }: { readonly plural: string; readonly name: string }): Refused {
    return new Refused(404, 'NotFound', `${plural} "${name}" not found`, name);
  }

  /** The Status that goes over the wire. */
  body(): object {
    const { status: code, reason, message, object: name } = this;
    const details = name === '' ? {} : { name };
    return {
      ...{ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' },
      ...{ message, reason, details, code },
    };
  }
}
