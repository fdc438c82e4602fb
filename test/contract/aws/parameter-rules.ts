/** Parameter Store: secrets are put if absent, read back only decrypted, and bounded in size. */
import {
  DeleteParameterCommand,
  DeleteParametersCommand,
  GetParameterCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  PutParameterCommand,
} from '@aws-sdk/client-ssm';
import { expect } from 'vitest';
import { refusal } from './rules.ts';
import type { Book } from './rules.ts';
import { unique } from './scene.ts';
import type { Target } from './target.ts';

const api = 'SSM API reference, parameters';

function put(target: Target, Name: string, more: { Value?: string; Overwrite?: boolean } = {}) {
  const input = { Name, Type: 'SecureString' as const, Value: 'canary', ...more };
  return target.ssm.send(new PutParameterCommand(input));
}

export function parameterRules({ rule }: Book): void {
  rule('a secret is read back decrypted', {
    source: api,
    holds: async (target) => {
      const Name = `/fairlead/${unique('uid')}/server/token`;
      expect((await put(target, Name)).Version).toBe(1);
      const read = new GetParameterCommand({ Name, WithDecryption: true });
      const { Parameter } = await target.ssm.send(read);
      expect(Parameter).toMatchObject({ Name, Type: 'SecureString', Value: 'canary', Version: 1 });
      expect(Parameter?.LastModifiedDate).toBeInstanceOf(Date);
    },
  });

  rule('a secret that is not decrypted does not show its text', {
    source: api,
    holds: async (target) => {
      const Name = `/fairlead/${unique('uid')}/server/token`;
      await put(target, Name);
      const { Parameter } = await target.ssm.send(new GetParameterCommand({ Name }));
      expect(Parameter?.Value).not.toContain('canary');
    },
    deviations: {
      moto: {
        id: 'undecrypted-shows-plaintext',
        does: async (target) => {
          const Name = `/fairlead/${unique('uid')}/server/token`;
          await put(target, Name);
          const { Parameter } = await target.ssm.send(new GetParameterCommand({ Name }));
          expect(Parameter?.Value).toContain('canary');
        },
      },
    },
  });

  rule('a parameter that exists is not overwritten unless asked', {
    source: api,
    holds: async (target) => {
      const Name = `/fairlead/${unique('uid')}/server/token`;
      await put(target, Name);
      const refused = await refusal(put(target, Name, { Overwrite: false }));
      expect(refused).toEqual({ name: 'ParameterAlreadyExists', status: 400 });
      expect((await put(target, Name, { Overwrite: true })).Version).toBe(2);
    },
  });

  rule('a standard parameter holds 4 KB', {
    source: api,
    holds: async (target) => {
      const Name = `/fairlead/${unique('uid')}/server/token`;
      const refused = await refusal(put(target, Name, { Value: 'x'.repeat(4_097) }));
      expect(refused).toEqual({ name: 'ValidationException', status: 400 });
      await put(target, Name, { Value: 'x'.repeat(4_096) });
    },
    deviations: {
      moto: {
        id: 'parameter-size-unchecked',
        does: async (target) => {
          const Name = `/fairlead/${unique('uid')}/server/token`;
          await put(target, Name, { Value: 'x'.repeat(9_000) });
        },
      },
    },
  });

  rule('a parameter that is not there is not found', {
    source: api,
    holds: async (target) => {
      const Name = `/fairlead/${unique('uid')}/nothing`;
      for (const call of [
        target.ssm.send(new GetParameterCommand({ Name })),
        target.ssm.send(new DeleteParameterCommand({ Name })),
      ]) {
        expect(await refusal(call)).toEqual({ name: 'ParameterNotFound', status: 400 });
      }
    },
  });

  rule('several reads and deletes tell the names that were not there', {
    source: api,
    holds: async (target) => {
      const path = `/fairlead/${unique('uid')}`;
      await put(target, `${path}/agent/token`);
      const Names = [`${path}/agent/token`, `${path}/agent/other`];
      const found = await target.ssm.send(new GetParametersCommand({ Names }));
      expect(found.Parameters?.map((it) => it.Name)).toEqual([Names[0]]);
      expect(found.InvalidParameters).toEqual([Names[1]]);
      const gone = await target.ssm.send(new DeleteParametersCommand({ Names }));
      expect(gone.DeletedParameters).toEqual([Names[0]]);
      expect(gone.InvalidParameters).toEqual([Names[1]]);
    },
  });

  rule('a path lists what is under it, deeper levels only when asked', {
    source: api,
    holds: async (target) => {
      const Path = `/fairlead/${unique('uid')}`;
      await put(target, `${Path}/top`);
      await put(target, `${Path}/server/token`);
      const flat = await target.ssm.send(new GetParametersByPathCommand({ Path }));
      expect(flat.Parameters?.map((it) => it.Name)).toEqual([`${Path}/top`]);
      const deep = await target.ssm.send(new GetParametersByPathCommand({ Path, Recursive: true }));
      expect(deep.Parameters?.map((it) => it.Name).sort()).toEqual([
        `${Path}/server/token`,
        `${Path}/top`,
      ]);
    },
  });
}
