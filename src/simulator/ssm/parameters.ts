/** Parameter Store: secrets of the clusters and the public parameters that name images. */
import {
  DeleteParameter$,
  DeleteParameters$,
  GetParameter$,
  GetParameters$,
  GetParametersByPath$,
  PutParameter$,
} from '@aws-sdk/client-ssm';
import type {
  DeleteParameterRequest,
  DeleteParametersRequest,
  DeleteParametersResult,
  GetParameterRequest,
  GetParameterResult,
  GetParametersByPathRequest,
  GetParametersByPathResult,
  GetParametersRequest,
  GetParametersResult,
  Parameter,
  PutParameterRequest,
  PutParameterResult,
} from '@aws-sdk/client-ssm';
import { imagesOf, ownerId } from '../catalogue.ts';
import { AwsError } from '../errors.ts';
import { operation } from '../operation.ts';
import { paginate } from '../paging.ts';
import type { ParameterRecord } from '../state/records.ts';
import type { Call } from '../world.ts';
import { assertMayRead, assertMayWrite } from './node-role.ts';

const standardMaxBytes = 4_096;
const advancedMaxBytes = 8_192;

export const putParameter = operation(
  PutParameter$,
  (input: PutParameterRequest, call): PutParameterResult => {
    const name = readName(input.Name ?? '');
    assertMayWrite(name, call);
    const { parameters } = call.world.tables;
    const known = parameters.get(keyOf(name, call));
    if (known !== undefined && input.Overwrite !== true) {
      throw new AwsError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    }
    const type = input.Type ?? known?.type;
    if (type === undefined) {
      throw new AwsError(
        'ValidationException',
        'A parameter type is required when you create a parameter.',
      );
    }
    const text = input.Value ?? '';
    const tier = readTier(input.Tier, text);
    const version = (known?.version ?? 0) + 1;
    parameters.put(keyOf(name, call), {
      region: call.region,
      name,
      type,
      value: type === 'SecureString' ? call.world.vault.seal(text) : text,
      tier,
      ...(type === 'SecureString' ? { keyId: input.KeyId ?? 'alias/aws/ssm' } : {}),
      version,
      modifiedAtMs: call.nowMs,
    });
    return { Version: version, Tier: tier };
  },
);

function readName(name: string): string {
  if (/^\/?(aws|ssm)/i.test(name)) {
    throw new AwsError(
      'ValidationException',
      'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).',
    );
  }
  const hasForm = /^[a-zA-Z0-9_.\-/]{1,1011}$/.test(name);
  const isRooted = name.startsWith('/') || !name.includes('/');
  if (hasForm && isRooted && name.split('/').length <= 16) return name;
  throw new AwsError(
    'ValidationException',
    'Parameter name must be a fully qualified name of letters, numbers and .-_ with at most 15 levels.',
  );
}

function readTier(given: string | undefined, text: string): 'Standard' | 'Advanced' {
  const bytes = Buffer.byteLength(text);
  if (bytes === 0) {
    throw new AwsError(
      'ValidationException',
      "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  }
  if (
    bytes > advancedMaxBytes ||
    (bytes > standardMaxBytes && (given ?? 'Standard') === 'Standard')
  ) {
    throw new AwsError(
      'ValidationException',
      bytes > advancedMaxBytes
        ? 'Advanced tier parameters support a maximum parameter value of 8192 characters.'
        : 'Standard tier parameters support a maximum parameter value of 4096 characters. To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier.',
    );
  }
  return given === 'Advanced' || bytes > standardMaxBytes ? 'Advanced' : 'Standard';
}

export const getParameter = operation(
  GetParameter$,
  (input: GetParameterRequest, call): GetParameterResult => {
    const name = input.Name ?? '';
    assertMayRead('GetParameter', name, call);
    const found = find(name, call);
    if (found === undefined) throw notFound(name);
    return { Parameter: viewParameter(found, input.WithDecryption ?? false, call) };
  },
);

export const getParameters = operation(
  GetParameters$,
  (input: GetParametersRequest, call): GetParametersResult => {
    const names = readNames(input.Names);
    for (const name of names) assertMayRead('GetParameters', name, call);
    const found = names.map((name) => find(name, call)).filter((it) => it !== undefined);
    return {
      Parameters: found.map((it) => viewParameter(it, input.WithDecryption ?? false, call)),
      InvalidParameters: names.filter((name) => find(name, call) === undefined),
    };
  },
);

export const getParametersByPath = operation(
  GetParametersByPath$,
  (input: GetParametersByPathRequest, call): GetParametersByPathResult => {
    const path = (input.Path ?? '').replace(/\/?$/, '/');
    assertMayRead('GetParametersByPath', path, call);
    if (!path.startsWith('/')) {
      throw new AwsError(
        'ValidationException',
        'The parameter doesn\'t meet the parameter name requirements: it must begin with a forward slash "/".',
      );
    }
    const listed = [...publicParameters(call), ...call.world.tables.parameters.all()]
      .filter((it) => it.region === call.region && it.name.startsWith(path))
      .filter((it) => input.Recursive === true || !it.name.slice(path.length).includes('/'));
    const page = paginate(
      listed,
      (it) => it.name,
      input.MaxResults ?? 10,
      input.NextToken,
      () => new AwsError('ValidationException', 'The specified token is not valid.'),
    );
    return {
      Parameters: page.items.map((it) => viewParameter(it, input.WithDecryption ?? false, call)),
      ...(page.nextToken === undefined ? {} : { NextToken: page.nextToken }),
    };
  },
);

export const deleteParameter = operation(
  DeleteParameter$,
  (input: DeleteParameterRequest, call): object => {
    const name = input.Name ?? '';
    assertMayWrite(name, call);
    if (!call.world.tables.parameters.has(keyOf(name, call))) throw notFound(name);
    call.world.tables.parameters.remove(keyOf(name, call));
    return {};
  },
);

export const deleteParameters = operation(
  DeleteParameters$,
  (input: DeleteParametersRequest, call): DeleteParametersResult => {
    const names = readNames(input.Names);
    for (const name of names) assertMayWrite(name, call);
    const { parameters } = call.world.tables;
    const known = names.filter((name) => parameters.has(keyOf(name, call)));
    for (const name of known) parameters.remove(keyOf(name, call));
    return {
      DeletedParameters: known,
      InvalidParameters: names.filter((name) => !known.includes(name)),
    };
  },
);

function readNames(names: readonly string[] = []): readonly string[] {
  if (names.length >= 1 && names.length <= 10) return names;
  throw new AwsError(
    'ValidationException',
    "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have length between 1 and 10",
  );
}

function find(name: string, call: Call): ParameterRecord | undefined {
  const own = call.world.tables.parameters.get(keyOf(name, call));
  return own ?? publicParameters(call).find((it) => it.name === name);
}

function keyOf(name: string, call: Call): string {
  return `${call.region}/${name}`;
}

function publicParameters(call: Call): ParameterRecord[] {
  return imagesOf(call.region).flatMap((image) =>
    image.parameters.map((name) => ({
      region: call.region,
      name,
      type: 'String' as const,
      value: image.imageId,
      tier: 'Standard' as const,
      version: 1,
      modifiedAtMs: Date.UTC(2026, 10, 3),
    })),
  );
}

/** A SecureString that is not decrypted shows its sealed form, never the text. */
function viewParameter(record: ParameterRecord, isDecrypted: boolean, call: Call): Parameter {
  const isSealed = record.type === 'SecureString';
  const isPublic = record.name.startsWith('/aws/service/');
  const arnName = record.name.startsWith('/') ? record.name : `/${record.name}`;
  return {
    Name: record.name,
    Type: record.type,
    Value: isSealed && isDecrypted ? call.world.vault.open(record.value) : record.value,
    Version: record.version,
    DataType: isPublic ? 'aws:ec2:image' : 'text',
    LastModifiedDate: new Date(record.modifiedAtMs),
    ARN: `arn:aws:ssm:${call.region}:${isPublic ? '' : ownerId}:parameter${arnName}`,
  };
}

function notFound(name: string): AwsError {
  return new AwsError('ParameterNotFound', `Parameter ${name} not found.`);
}
