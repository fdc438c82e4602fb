/** Which resources carry the labels of `-l`. Rows of the fleet carry none, so hosts are asked for them now and then. */
import { storedKinds } from '../kinds.ts';
import { listResources } from '../reads.ts';
import { isSelected } from '../selector.ts';
import type { Session } from '../session.ts';
import { topLimits } from '../../../machines/limits-top.ts';

export interface Labels {
  /** @param actor  `kind/namespace/name` */
  has(actor: string): boolean;
  stop(): void;
}

/** Rejects when the first look fails; later ones leave what is known as it is. @throws Failure `cli.usage` */
export async function readLabels(
  session: Session,
  selector: readonly string[],
  around: { readonly namespace: string; readonly allNamespaces: boolean },
): Promise<Labels> {
  const isWanted = isSelected(selector);
  const look = async (): Promise<ReadonlySet<string>> => {
    const found = new Set<string>();
    for (const kind of storedKinds)
      for (const view of await listResources(session, kind, around))
        if (isWanted(view)) found.add(`${kind}/${view.metadata.namespace}/${view.metadata.name}`);
    return found;
  };
  let known = await look();
  let isLooking = false;
  const lookAgain = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    known = await look().catch(() => known);
    isLooking = false;
  };
  const timer = setInterval(() => void lookAgain(), topLimits.labelsEveryMs);
  timer.unref();
  return {
    has: (actor) => known.has(actor),
    stop: () => {
      clearInterval(timer);
    },
  };
}
