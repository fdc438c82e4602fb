
# drain: moves the pods off another node, within FL_DRAIN_TIMEOUT seconds. What happens then is FL_ON_TIMEOUT: `abort`
# leaves the node as it was found, `force` deletes what would not go. A node that is not there is drained.
mark=$ops/$FL_OP.cordoned

cordon() {
  local off
  off=$("$k3s" kubectl get node "$FL_TARGET" -o 'jsonpath={.spec.unschedulable}') ||
    fail script.apiUnavailable 'the API server does not answer'
  # A node that somebody else has cordoned stays so when we give up.
  [[ $off == true ]] || : >"$mark"
  "$k3s" kubectl cordon "$FL_TARGET" >/dev/null || fail script.apiUnavailable 'the node could not be cordoned'
}

clean_up() {
  [[ -e $mark ]] || return 0
  if "$k3s" kubectl uncordon "$FL_TARGET" >/dev/null 2>&1; then rm -f "$mark"; fi
}

# Sets reason to what kubectl says. Its own limit covers the evictions; ours an API that never answers.
try_drain() { # seconds option…
  local seconds=$1
  shift
  reason=$(timeout --foreground "$((seconds + 60))" "$k3s" kubectl drain "$FL_TARGET" --ignore-daemonsets \
    --delete-emptydir-data "--timeout=${seconds}s" "$@" 2>&1 >/dev/null)
}

# Sets remaining to at most five pods as JSON strings, and count to all of them.
read_remaining() {
  local listing pod owners phase
  remaining= count=0
  listing=$("$k3s" kubectl get pods -A --field-selector "spec.nodeName=$FL_TARGET" -o 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}|{.metadata.ownerReferences[*].kind}|{.status.phase}{"\n"}{end}') ||
    fail script.apiUnavailable 'the API server does not answer'
  while IFS='|' read -r pod owners phase; do
    [[ $pod =~ ^[a-z0-9.-]+/[a-z0-9.-]+$ ]] || continue
    case $owners:$phase in *DaemonSet*:* | Node:* | *:Succeeded | *:Failed) continue ;; esac
    count=$((count + 1))
    ((count > 5)) || remaining+="${remaining:+,}\"$pod\""
  done <<<"$listing"
}

drained() { # forced
  local rest=
  [[ -z $remaining ]] || rest=",\"remaining\":[$remaining]"
  succeed ",\"facts\":{\"drained\":true,\"forced\":$1$rest}"
}

give_up() {
  local facts=",\"facts\":{\"drained\":false,\"forced\":false,\"remaining\":[$remaining],\"remainingCount\":$count}"
  case $reason in
    *'use --force'*) fail drain.refused "pods without a controller would be lost: ${remaining//,/, }" "$facts" ;;
    *) fail drain.timeout "$count pods did not leave within $FL_DRAIN_TIMEOUT s: ${remaining//,/, }" "$facts" ;;
  esac
}

work() {
  local reason= remaining= count=0
  require_api
  target_exists || drained false
  progress 10 cordon
  cordon
  progress 25 draining
  if try_drain "$FL_DRAIN_TIMEOUT"; then drained false; fi
  read_remaining
  [[ $FL_ON_TIMEOUT == force ]] || give_up
  progress 75 forcing
  # Deleting asks no disruption budget; what even that does not remove goes down with its machine.
  if try_drain 60 --force --disable-eviction --grace-period=30; then remaining=; else read_remaining; fi
  drained true
}

once "$@"
