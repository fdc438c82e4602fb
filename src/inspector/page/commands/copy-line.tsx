/** A line of text with a button that copies it. */
import { useState } from 'preact/hooks';

export function CopyLine({ text, label }: { readonly text: string; readonly label: string }) {
  const [said, say] = useState('copy');
  return (
    <div class="copy-line">
      <code tabIndex={0} aria-label={label}>
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
