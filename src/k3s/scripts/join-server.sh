
# join-server: one more etcd member. Joins as learner; done when it votes. A second learner is refused by etcd itself.
work() {
  require_staged
  if has_database && [[ ! -e $state/cluster || $(<"$state/cluster") != "$FL_UID" ]]; then
    fail script.clusterMismatch 'this server holds the database of another cluster'
  fi
  progress 20 secrets
  read_secrets "$FL_SERVER_TOKEN_PARAMETER" "$FL_AGENT_TOKEN_PARAMETER"
  write_file "$etc/server-token" "K10$FL_CA_HASH::server:${secrets[0]}"
  write_file "$etc/agent-token" "${secrets[1]}"
  write_file "$etc/config.yaml.d/10-join.yaml" "server: \"$FL_SERVER_URL\"
token-file: \"$etc/server-token\"
agent-token-file: \"$etc/agent-token\""
  write_file "$state/cluster" "$FL_UID"
  progress 30 starting
  start_k3s k3s
  progress 75 verifying
  await_conditions "$etc/k3s.yaml" Ready EtcdIsVoter
  read_version "$etc/k3s.yaml"
  succeed ",\"version\":\"$version\",\"facts\":{\"voter\":true,\"version\":\"$version\"}"
}

once "$@"
