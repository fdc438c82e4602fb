/** A JSON document as a tree that opens key by key. */

export function ContextTree({ value }: { readonly value: Readonly<Record<string, unknown>> }) {
  return (
    <div class="json" tabIndex={0} role="group" aria-label="Context">
      <Entries value={value} isTop />
    </div>
  );
}

function Entries({ value, isTop = false }: { readonly value: object; readonly isTop?: boolean }) {
  const entries: [string, unknown][] = Object.entries(value);
  if (entries.length === 0) return <span class="muted">empty</span>;
  return (
    <ul class={isTop ? 'json-top' : ''}>
      {entries.map(([key, inside]) => (
        <li key={key}>
          <Entry name={key} value={inside} />
        </li>
      ))}
    </ul>
  );
}

function Entry({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0)
    return (
      <>
        <span class="json-key">{name}:</span> <Leaf value={value} />
      </>
    );
  const count = Object.keys(value).length;
  return (
    <details>
      <summary>
        <span class="json-key">{name}:</span>{' '}
        <span class="muted">{Array.isArray(value) ? `[${count}]` : `{${count}}`}</span>
      </summary>
      <Entries value={value} />
    </details>
  );
}

function Leaf({ value }: { readonly value: unknown }) {
  if (typeof value === 'string') return <span class="json-text">"{value}"</span>;
  if (typeof value === 'number' || typeof value === 'boolean')
    return <span class="json-number">{String(value)}</span>;
  return <span class="muted">{JSON.stringify(value)}</span>;
}
