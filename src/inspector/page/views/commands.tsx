export function CommandsView() {
  return <p class="muted padded">Not there yet.</p>;
}
