
# --- Another node, looked at from this server: shared by the verbs that act on FL_TARGET ------------------------------

# Two other nodes may be drained side by side, through one server.
lane=$FL_TARGET.target

require_api() {
  [[ -x $k3s ]] || fail script.notStaged 'run stage on this node first'
  "$k3s" kubectl get --raw /readyz >/dev/null 2>&1 ||
    fail script.apiUnavailable 'the API server of this node is not ready; ask another server'
}

# A removed server takes its API with it, so what removes one is asked of another.
refuse_self() {
  [[ $FL_TARGET != "$FL_NODE" ]] || fail script.targetIsSelf 'a server cannot remove itself; ask another server'
}

# False only when the API says that there is no such node; no answer is no absence.
target_exists() {
  local found
  found=$("$k3s" kubectl get node "$FL_TARGET" --ignore-not-found -o name) ||
    fail script.apiUnavailable 'the API server does not answer'
  [[ -n $found ]]
}

# What the nodes tell about etcd: sets members, healthy, learners, and of the target: target_state (absent, none, asked,
# member) and target_healthy (0, 1). A condition outlives the membership, hence the other columns. False when the API
# does not answer.
read_members() {
  local listing name ready voter reason removed asked
  members=0 healthy=0 learners=0 target_state=absent target_healthy=0
  listing=$("$k3s" kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}|{.status.conditions[?(@.type=="Ready")].status}|{.status.conditions[?(@.type=="EtcdIsVoter")].status}|{.status.conditions[?(@.type=="EtcdIsVoter")].reason}|{.metadata.annotations.etcd\.k3s\.cattle\.io/removed-node-name}|{.metadata.annotations.etcd\.k3s\.cattle\.io/remove}{"\n"}{end}') || return 1
  while IFS='|' read -r name ready voter reason removed asked; do
    [[ $name != "$FL_TARGET" ]] || target_state=none
    [[ -n $voter && -z $removed && $reason != NotAMember ]] || continue
    members=$((members + 1))
    [[ $reason != MemberIsLearner ]] || learners=$((learners + 1))
    if [[ $ready == True && $voter == True ]]; then healthy=$((healthy + 1)); fi
    [[ $name == "$FL_TARGET" ]] || continue
    [[ $asked == true ]] && target_state=asked || target_state=member
    if [[ $ready == True && $voter == True ]]; then target_healthy=1; fi
  done <<<"$listing"
}
