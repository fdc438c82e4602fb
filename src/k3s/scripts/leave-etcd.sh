
# leave-etcd: takes another server out of the etcd members, if that leaves a healthy majority. No way back: its database
# is worthless afterwards, and only its service would join again when restarted.
lane=etcd # one change of the membership at a time, whomever it is about
annotation=etcd.k3s.cattle.io/remove
asked=false

# An order left standing would be carried out at some later time, when it may be unsafe.
clean_up() {
  [[ $asked == false ]] || "$k3s" kubectl annotate node "$FL_TARGET" "$annotation-" >/dev/null 2>&1 || :
}

refuse_unless_quorum_safe() {
  local rest=$((healthy - target_healthy)) after=$((members - 1))
  ((learners == 0)) || fail etcd.quorumUnsafe 'a server is still learning; wait until it votes'
  ((healthy >= members / 2 + 1)) ||
    fail etcd.quorumUnsafe "$healthy of $members members are healthy: too few to change the membership"
  ((rest >= after / 2 + 1)) ||
    fail etcd.quorumUnsafe "without $FL_TARGET $rest of $after members would be healthy: too few to go on"
}

left() { # members
  succeed ",\"facts\":{\"removed\":true,\"members\":$1}"
}

# K3s takes a moment to remove the member, and etcd up to some seconds to elect a leader afterwards: both are waited for.
await_removal() {
  local tries end=$((${EPOCHREALTIME//[.,]/} + 120000000 / scale))
  for ((tries = 0; tries < 5 || ${EPOCHREALTIME//[.,]/} < end; tries++)); do
    pause 2
    "$k3s" kubectl get --raw /readyz >/dev/null 2>&1 || continue
    read_members || continue
    case $target_state in absent | none) left "$members" ;; esac
  done
}

work() {
  require_api
  refuse_self
  read_members || fail script.apiUnavailable 'the API server does not answer'
  case $target_state in absent | none) left "$members" ;; esac
  if [[ $target_state != asked ]]; then
    refuse_unless_quorum_safe
    progress 25 asking
    asked=true
    "$k3s" kubectl annotate node "$FL_TARGET" "$annotation=true" --overwrite >/dev/null ||
      fail script.apiUnavailable 'the node could not be marked for removal'
  fi
  asked=true
  progress 50 leaving
  await_removal
  fail etcd.leaveTimeout "$FL_TARGET was not removed within 2 min; the order was taken back"
}

once "$@"
