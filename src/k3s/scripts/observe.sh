
# observe: what this server sees of its cluster, read only; takes no lock and leaves no marker.
step=observe
[[ -x $k3s ]] || fail script.notStaged 'run stage on this node first'

readyz=false
"$k3s" kubectl get --raw /readyz >/dev/null 2>&1 && readyz=true

nodes= total=0 ready=0 voters=0 absent=
if [[ $readyz == true ]]; then
  listing=$("$k3s" kubectl get nodes -o 'jsonpath={range .items[*]}{.metadata.name}|{.status.conditions[?(@.type=="Ready")].status}|{.status.conditions[?(@.type=="EtcdIsVoter")].status}|{.metadata.labels.node-role\.kubernetes\.io/control-plane}|{.status.nodeInfo.kubeletVersion}{"\n"}{end}') ||
    fail script.apiUnavailable 'the API server does not answer'
  while IFS='|' read -r name is_ready is_voter is_server version; do
    [[ -n $name ]] || continue
    role=agent voter=
    [[ $is_ready == True ]] && is_ready=true || is_ready=false
    if [[ $is_server == true ]]; then
      role=server
      [[ $is_voter == True ]] && voter=',"voter":true' || voter=',"voter":false'
    fi
    total=$((total + 1))
    [[ $is_ready == false ]] || ready=$((ready + 1))
    [[ $is_voter != True ]] || voters=$((voters + 1))
    [[ $is_ready == true || ${#absent} -gt 800 ]] || absent+="${absent:+,}\"$name\""
    nodes+="${nodes:+,}{\"name\":\"$name\",\"ready\":$is_ready,\"role\":\"$role\"$voter,\"version\":\"$version\"}"
  done <<<"$listing"
fi

# SSM shows 2,500 characters in its listings: a large cluster is told in counts and by the names that are missing.
((total > 30)) && details="\"notReady\":[$absent]" || details="\"nodes\":[$nodes]"
reply true ok ",\"facts\":{\"readyz\":$readyz,\"total\":$total,\"ready\":$ready,\"voters\":$voters,$details}"
