export function CommandOverlay() {
  return null;
}
