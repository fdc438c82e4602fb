export function MapView() {
  return <p class="muted padded">Not there yet.</p>;
}
