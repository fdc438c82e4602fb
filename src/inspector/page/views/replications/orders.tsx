/** Buttons of commands to one actor. A command that would be refused now tells why instead. */
import { openCommand, openWhy } from '../../commands/open.ts';

interface Props {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verbs: readonly string[];
  readonly allowed: readonly string[];
  /** Filled into the form at first, by verb. */
  readonly given?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export function Orders({ kind, namespace, name, verbs, allowed, given = {} }: Props) {
  return (
    <div class="buttons" role="group" aria-label={`Orders to ${namespace}/${name}`}>
      {verbs.map((verb) => {
        const isAllowed = allowed.includes(verb);
        return isAllowed ? (
          <button
            key={verb}
            type="button"
            onClick={() =>
              openCommand({
                ...{ kind, namespace, name, verb },
                ...(given[verb] && { arguments: given[verb] }),
              })
            }
          >
            {verb} …
          </button>
        ) : (
          <button
            key={verb}
            type="button"
            class="not-now"
            aria-label={`${verb}: why not?`}
            onClick={() => openWhy({ actor: `${kind}/${namespace}/${name}`, verb })}
          >
            <span aria-hidden="true">⊘</span> {verb}
          </button>
        );
      })}
    </div>
  );
}
