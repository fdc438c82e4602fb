export function ActorsView() {
  return <p class="muted padded">Not there yet.</p>;
}
