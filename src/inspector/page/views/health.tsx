export function HealthView() {
  return <p class="muted padded">Not there yet.</p>;
}
