/** A call as it arrives: which service and operation, from whom, with which parameters; read from the raw request only. */
import type { IncomingHttpHeaders } from 'node:http';
import { networkOf } from './catalogue.ts';
import { errorXml, parseForm, toXml } from './codec-ec2.ts';
import { errorJson, parseJson, toJson } from './codec-ssm.ts';
import { ec2Operations } from './ec2/operations.ts';
import type { Operation } from './operation.ts';
import { ssmOperations } from './ssm/operations.ts';

export type Service = 'ec2' | 'ssm';

export interface WireCall {
  readonly service: Service;
  readonly op: string;
  readonly region: string;
  readonly accessKeyId: string;
  /** Flat, as EC2 spells them (`InstanceId.1`, `Filter.1.Value.2`); SSM's body is spelled alike. No secrets. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The two wire formats behind one shape. */
export interface Protocol {
  readonly contentType: string;
  readonly operations: ReadonlyMap<string, Operation>;
  parse(operation: Operation, body: string): unknown;
  format(operation: Operation, output: unknown, requestId: string): string;
  formatError(error: { code: string; message: string }, requestId: string): string;
}

export const protocols: Readonly<Record<Service, Protocol>> = {
  ec2: {
    contentType: 'text/xml;charset=UTF-8',
    operations: ec2Operations,
    parse: (operation, body) => parseForm(operation.schema, new URLSearchParams(body)),
    format: (operation, output, requestId) => toXml(operation.schema, output, requestId),
    formatError: errorXml,
  },
  ssm: {
    contentType: 'application/x-amz-json-1.1',
    operations: ssmOperations,
    parse: (operation, body) => parseJson(operation.schema, body),
    format: (operation, output) => toJson(operation.schema, output),
    formatError: errorJson,
  },
};

/** Reads the call; a string says what makes it none. The signature itself is not checked, only who it claims to be. */
export function readWireCall(headers: IncomingHttpHeaders, body: string): WireCall | string {
  const scope = /Credential=([A-Z0-9]+)\/\d{8}\/([a-z0-9-]+)\/(ec2|ssm)\/aws4_request/.exec(
    headers.authorization ?? '',
  );
  if (scope === null) return 'the request is not signed for ec2 or ssm';
  const [, accessKeyId = '', region = '', service = ''] = scope;
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region)) return `${region} is no region`;
  const type = headers['content-type'] ?? '';
  if (service === 'ec2') {
    if (!type.startsWith('application/x-www-form-urlencoded')) return `EC2 does not take ${type}`;
    const form = new URLSearchParams(body);
    const parameters = formParameters(form, region);
    return { service, op: form.get('Action') ?? '', region, accessKeyId, parameters, body };
  }
  const target = headers['x-amz-target'];
  if (!type.startsWith('application/x-amz-json-1.1')) return `SSM does not take ${type}`;
  if (typeof target !== 'string' || !target.startsWith('AmazonSSM.')) return 'no SSM target';
  const parameters = jsonParameters(body);
  return { service: 'ssm', op: target.slice(10), region, accessKeyId, parameters, body };
}

/** Members that carry scripts or secrets; neither fault rules nor the call log see them. */
const hidden = new Set(['UserData', 'Value', 'Parameters']);

/** A presigned URL is a signature. */
const unlogged = new Set(['Action', 'Version', 'UserData', 'PresignedUrl']);

function formParameters(form: URLSearchParams, region: string): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const [name, value] of form) {
    if (!unlogged.has(name)) parameters.set(name, value);
  }
  const subnetId = parameters.get('SubnetId') ?? parameters.get('NetworkInterface.1.SubnetId');
  const subnet = networkOf(region).subnets.find((entry) => entry.subnetId === subnetId);
  const zone =
    subnet?.zone.name ??
    parameters.get('Placement.AvailabilityZone') ??
    parameters.get('AvailabilityZone');
  if (zone !== undefined) parameters.set('zone', zone);
  return parameters;
}

function jsonParameters(body: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => {
        walk(item, `${path}.${String(index + 1)}`);
      });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        if (!hidden.has(key)) walk(item, path === '' ? key : `${path}.${key}`);
      }
    } else parameters.set(path, String(value));
  };
  try {
    walk(JSON.parse(body === '' ? '{}' : body), '');
  } catch {
    // The codec refuses the body a moment later, with the error AWS gives; there is nothing to match on here.
  }
  return parameters;
}
