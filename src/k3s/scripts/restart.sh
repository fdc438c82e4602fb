
# restart: restarts the K3s service of this node, not the machine, and waits until it serves again.
work() {
  local since=$EPOCHSECONDS kubeconfig=$data/agent/kubelet.kubeconfig
  require_staged
  progress 25 restarting
  # A call cut short after the restart must not take the service down once more.
  if [[ ! -e $ops/$FL_OP.restarted ]]; then
    timeout --foreground 240 systemctl restart "$unit" || explain_start "$since"
    : >"$ops/$FL_OP.restarted"
  fi
  progress 75 verifying
  if [[ $FL_ROLE == server ]]; then
    kubeconfig=$etc/k3s.yaml
    await_conditions "$kubeconfig" Ready EtcdIsVoter
  else
    await_conditions "$kubeconfig" Ready
  fi
  read_version "$kubeconfig"
  read_unit
  succeed ",\"version\":\"$version\",\"facts\":{\"active\":\"$active\",\"restarts\":$restarts,\"version\":\"$version\"}"
}

once "$@"
