
# kube: one request to this cluster's API, as a server may make it. Takes no lock and leaves no marker: reads may be
# repeated, and the API itself refuses a change of what has changed since.
step=kube
[[ -x $k3s ]] || fail script.notStaged 'run stage on this node first'

# A command may be delivered late; what came too late must not begin.
if [[ -n $FL_ISSUE_BEFORE ]] && ((EPOCHSECONDS >= FL_ISSUE_BEFORE)); then
  fail call.issueExpired 'the time to begin this change has passed on this node'
fi

body() { base64 -d <<<"$FL_INPUT" | gzip -dc; }
kubectl() { "$k3s" kubectl --request-timeout="${FL_REQUEST_SECONDS}s" "$@"; }
ask() {
  case $FL_ACTION in
    get) kubectl get --raw "$FL_PATH" ;;
    apply) body | kubectl apply --server-side --field-manager="$FL_MANAGER" --validate=false -o json -f - ;;
    applyForce) body | kubectl apply --server-side --force-conflicts --field-manager="$FL_MANAGER" --validate=false -o json -f - ;;
    replace) body | kubectl replace --raw "$FL_PATH?fieldManager=$FL_MANAGER" -f - ;;
    delete) body | kubectl delete --raw "$FL_PATH" -f - ;;
  esac
}

# What kubectl prints goes packed through fd 4, what it complains of into a variable, and both out of one subshell.
answer=$(
  code=0
  { complaint=$({ ask | gzip -9c | base64 -w0 >&4; } 2>&1) || code=$?; } 4>&1
  printf ' %s %s' "$code" "$(base64 -w0 <<<"${complaint:0:2000}")"
)
read -r object code complaint <<<"$answer"
((${#object} <= FL_ANSWER_MAX)) ||
  fail kube.tooLarge "the answer takes ${#object} characters; SSM shows no more than 24000 of an output"
reply true ok ",\"facts\":{\"exit\":$code,\"object\":\"$object\",\"complaint\":\"$complaint\"}"
