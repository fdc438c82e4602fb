/** Reads what the pane of a resource shows: its chart with the active states, and its commands. */
import type { CommandHead } from '../../../actors/explain/shape.ts';
import { activeIdsOf } from '../../inspector/chart/active.ts';
import { outlineOf, outlineOfValue } from '../../inspector/chart/outline.ts';
import { storedCharts } from '../../inspector/chart/stored.ts';
import { outlineLooks } from '../outline-looks.ts';
import { problemIn } from '../failure.ts';
import { readLive } from '../live-machine.ts';
import type { Session } from '../session.ts';
import type { Pen } from './pen.ts';
import type { Detail } from './state.ts';

/** Never rejects: what cannot be read is told. @param seq  step that is known of it */
export async function readDetail(
  session: Session,
  actor: string,
  seq: number,
  pen: Pen,
): Promise<Detail> {
  const [kind = '', namespace = '', ...rest] = actor.split('/');
  const key = { kind, namespace, name: rest.join('/') };
  const [outline, commands] = await Promise.allSettled([
    outlineLines(session, key, pen),
    session.query({ ...key, verb: 'commands' }).then(headsIn),
  ]);
  const problems = [outline, commands].flatMap((told) =>
    told.status === 'rejected' ? [wordsOf(told.reason)] : [],
  );
  return {
    ...{ actor, seq, problems: [...new Set(problems)] },
    outline: outline.status === 'fulfilled' ? outline.value : [],
    commands: commands.status === 'fulfilled' ? commands.value : [],
  };
}

async function outlineLines(
  session: Session,
  key: Parameters<typeof readLive>[1],
  { style, isAscii }: Pen,
): Promise<readonly string[]> {
  const { drawn, src, value } = await readLive(session, key, '', storedCharts());
  const looks = outlineLooks(style, isAscii);
  const text =
    drawn === undefined
      ? outlineOfValue(src, value, looks)
      : outlineOf(drawn.chart, { ...looks, activeIds: activeIdsOf(drawn.chart, value) });
  return text.trimEnd().split('\n');
}

const headsIn = (answer: Readonly<Record<string, unknown>>): readonly CommandHead[] =>
  Array.isArray(answer['items']) ? (answer['items'] as CommandHead[]) : [];

const wordsOf = (thrown: unknown): string =>
  problemIn(thrown)?.message ?? (thrown instanceof Error ? thrown.message : String(thrown));
