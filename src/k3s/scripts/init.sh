
# init: makes this server the first of its cluster, exactly once. The grant names the operation that may have done it.
grant=$state/init.grant

refuse_second_database() {
  local granted=
  [[ ! -e $grant ]] || granted=$(<"$grant")
  if has_database && [[ $granted != "$FL_UID $FL_OP" ]]; then
    fail script.databaseExists 'this server already holds a cluster database; it is never made twice'
  fi
}

# A peer that serves the supervisor's certificates has a database; a refused connection proves that nothing listens;
# silence proves nothing, so it stops us.
ask_peers() {
  local peer peers status
  IFS=, read -r -a peers <<<"$FL_PEERS"
  for peer in "${peers[@]}"; do
    status=0
    curl -q -skf -o /dev/null --max-time 10 "$(peer_address "$peer")/cacerts" || status=$?
    case $status in
      0) fail script.databaseExists "server $peer already runs this cluster" ;;
      7 | 52) ;;
      *) fail script.peerUnknown "server $peer could not be asked (curl $status); nothing was started" ;;
    esac
  done
}

peer_address() {
  if [[ -n ${FAIRLEAD_PEERS-} ]]; then printf '%s/%s' "$FAIRLEAD_PEERS" "$1"; else printf 'https://%s:6443' "$1"; fi
}

work() {
  local ca
  require_staged
  refuse_second_database
  progress 10 peers
  has_database || ask_peers
  progress 20 secrets
  read_secrets "$FL_SERVER_TOKEN_PARAMETER" "$FL_AGENT_TOKEN_PARAMETER"
  write_file "$etc/server-token" "${secrets[0]}"
  write_file "$etc/agent-token" "${secrets[1]}"
  write_file "$etc/config.yaml.d/10-join.yaml" "cluster-init: true
token-file: \"$etc/server-token\"
agent-token-file: \"$etc/agent-token\""
  write_file "$state/cluster" "$FL_UID"
  write_file "$grant" "$FL_UID $FL_OP"
  progress 30 starting
  start_k3s k3s
  progress 75 verifying
  await_conditions "$etc/k3s.yaml" Ready EtcdIsVoter
  "$k3s" kubectl get --raw /readyz >/dev/null 2>&1 || fail script.notReady 'the API server is not ready'
  read_version "$etc/k3s.yaml"
  ca=$(sha256sum <"$data/server/tls/server-ca.crt")
  succeed ",\"version\":\"$version\",\"facts\":{\"caHash\":\"${ca%% *}\",\"voter\":true,\"readyz\":true,\"version\":\"$version\"}"
}

once "$@"
