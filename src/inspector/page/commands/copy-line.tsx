/** A line of text under its name, with a button that copies it. */
import { useId, useState } from 'preact/hooks';

export function CopyLine({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, say] = useState('copy');
  const id = useId();
  return (
    <div class="copy-line">
      <span id={id} class="muted">
        {label}
      </span>
      <code tabIndex={0} role="group" aria-labelledby={id}>
        {text}
      </code>
      <button type="button" onClick={() => void copied(text).then(say)}>
        {said}
      </button>
    </div>
  );
}

/** The browser hands the clipboard to secure pages only: others are told to mark the line themselves. */
export async function copied(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return 'copied';
  } catch {
    return 'mark and copy';
  }
}
