export function AuditView() {
  return <p class="muted padded">Not there yet.</p>;
}
