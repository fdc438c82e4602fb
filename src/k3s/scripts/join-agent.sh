
# join-agent: one worker node, with the agent secret only. Its kubelet may read its own Node object, nothing else.
work() {
  require_staged
  progress 20 secrets
  read_secrets "$FL_AGENT_TOKEN_PARAMETER"
  write_file "$etc/agent-token" "K10$FL_CA_HASH::node:${secrets[0]}"
  write_file "$etc/config.yaml.d/10-join.yaml" "server: \"$FL_SERVER_URL\"
token-file: \"$etc/agent-token\""
  write_file "$state/cluster" "$FL_UID"
  progress 30 starting
  start_k3s k3s-agent
  progress 75 verifying
  await_conditions "$data/agent/kubelet.kubeconfig" Ready
  read_version "$data/agent/kubelet.kubeconfig"
  succeed ",\"version\":\"$version\",\"facts\":{\"ready\":true,\"version\":\"$version\"}"
}

once "$@"
