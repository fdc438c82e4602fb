export function KpiView() {
  return <p class="muted padded">Not there yet.</p>;
}
