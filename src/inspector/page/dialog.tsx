/** A modal dialog: the browser's own, so that focus, Escape and what lies behind are right without code. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface Props {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  /** `wide` for forms. */
  readonly size?: 'narrow' | 'wide';
}

export function Dialog({ title, onClose, children, size = 'narrow' }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const label = useId();
  const isPressedBeside = useRef(false);
  useEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement || before instanceof SVGElement) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${size}`}
      aria-labelledby={label}
      onClose={onClose}
      onPointerDown={(event) => (isPressedBeside.current = event.target === element.current)}
      onClick={(event) => {
        // Text that is marked up to beyond the edge ends there too, and is no reason to lose a form.
        if (isPressedBeside.current && event.target === element.current) onClose();
      }}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id={label}>{title}</h2>
          <button type="button" class="quiet" aria-label="Close" onClick={onClose}>
            ✕
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
