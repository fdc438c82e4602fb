
# delete-node: removes another node's object and its password, so that nothing is left to wait for. K3s would drop a
# voting member along with its node and ask nobody, hence the refusal.
work() {
  require_api
  refuse_self
  read_members || fail script.apiUnavailable 'the API server does not answer'
  case $target_state in
    member | asked) fail etcd.stillMember "$FL_TARGET is an etcd member; run leave-etcd first" ;;
  esac
  "$k3s" kubectl delete node "$FL_TARGET" --ignore-not-found --timeout=50s >/dev/null ||
    fail script.deleteFailed 'the node object did not go within 50 s; something holds a finalizer on it'
  "$k3s" kubectl delete secret "$FL_TARGET.node-password.k3s" --namespace kube-system --ignore-not-found >/dev/null ||
    fail script.deleteFailed 'the password of the node could not be deleted'
  succeed ',"facts":{"deleted":true}'
}

once_here
