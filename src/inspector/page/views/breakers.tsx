export function BreakersView() {
  return <p class="muted padded">Not there yet.</p>;
}
