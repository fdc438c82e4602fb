import { describe, expect, it } from 'vitest';
import { manifestSchemas } from '../../../../machines/specs.ts';
import { exampleOf } from '../../../../src/inspector/page/views/commands/examples.ts';
import { commandInfos } from '../../../../src/inspector/commands.ts';

describe('examples of manifests', () => {
  const creating = commandInfos().filter(({ creating: makes, kind }) => makes && kind !== 'guard');

  it('has commands that make something', () => {
    expect(new Set(creating.map(({ kind }) => kind)).size).toBe(3);
  });

  it.each(creating.map((info) => [`${info.kind} ${info.verb}`, info] as const))(
    '%s begins with a manifest that the service takes',
    (_title, info) => {
      const { manifest } = exampleOf(info, 'prod', 'one');
      const { kind } = manifest as { kind: keyof typeof manifestSchemas };
      const found = manifestSchemas[kind].safeParse(manifest);
      expect(found.error?.issues ?? []).toEqual([]);
      expect(found.data?.metadata).toMatchObject({ name: 'one', namespace: 'prod' });
    },
  );

  it('fills nothing into a command that makes nothing', () => {
    expect(exampleOf({ kind: 'cluster', creating: false }, 'prod', 'one')).toEqual({});
  });
});
