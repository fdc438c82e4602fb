/** Makes a part of a drawing a button: for pointer, keyboard and screen reader. Its name is the text that is drawn. */
export function pressing(description: string, press: () => void) {
  return {
    role: 'button' as const,
    // As an attribute of SVG, which knows no other spelling.
    tabindex: 0,
    'aria-description': description,
    onClick: press,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' && event.key !== ' ') return;
      event.preventDefault();
      event.stopPropagation();
      press();
    },
  };
}
