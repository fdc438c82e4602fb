/** Makes a part of a drawing a button: for pointer, keyboard and screen reader. */
export function pressing(label: string, press: () => void) {
  return {
    role: 'button' as const,
    // As an attribute of SVG, which knows no other spelling.
    tabindex: 0,
    'aria-label': label,
    onClick: press,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      press();
    },
  };
}
