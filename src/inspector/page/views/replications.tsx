export function ReplicationsView() {
  return <p class="muted padded">Not there yet.</p>;
}
