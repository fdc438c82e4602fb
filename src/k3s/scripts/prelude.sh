# Shared by every node script; the renderer puts it before the verb. Runs with the same bytes on Amazon Linux, Ubuntu and
# in the sandbox: every path starts with $FAIRLEAD_ROOT, every tool comes from PATH, every parameter is a checked word.
set -euo pipefail
export LC_ALL=C
umask 077

root=${FAIRLEAD_ROOT-}
while [[ $root == */ ]]; do root=${root%/}; done
scale=${FAIRLEAD_TIME_SCALE:-1}
state=$root/var/lib/fairlead
ops=$state/ops
k3s=$root/usr/local/bin/k3s
etc=$root/etc/rancher/k3s
data=$root/var/lib/rancher/k3s
case ${FL_ROLE-} in agent) unit=k3s-agent ;; *) unit=k3s ;; esac
# Work of one lane never runs side by side: about this node by itself, about others as the verb says.
lane=node
place=call # call: print the outcome; work: a unit of its own leaves it for the caller
step=start

# The last line of every call: {ok, code, step, opId, node, …}. $4 is a hint in plain words.
reply() { # ok code members hint
  local hint=${4-}
  hint=${hint//[\"\\[:cntrl:]]/ }
  printf '{"ok":%s,"code":"%s","step":"%s","opId":"%s","node":"%s"%s%s}\n' \
    "$1" "$2" "$step" "$FL_OP" "$FL_NODE" "${3-}" "${hint:+,\"hint\":\"$hint\"}"
}

# An empty root means this very machine: only ever an EC2 instance, never the machine somebody tries a script on.
refuse_foreign_root() {
  local vendor= reason=
  if [[ -z $root ]]; then
    { read -r vendor </sys/devices/virtual/dmi/id/sys_vendor; } 2>/dev/null || :
    [[ $vendor == 'Amazon EC2' ]] || reason='FAIRLEAD_ROOT is empty and this machine is not an EC2 instance'
  elif [[ $root != /* || $root == *..* || ! -d $root ]]; then
    reason='FAIRLEAD_ROOT must be an existing folder, given as absolute path'
  fi
  [[ $scale =~ ^[1-9][0-9]{0,4}$ ]] || reason='FAIRLEAD_TIME_SCALE must be a whole number from 1 to 99999'
  [[ -n $reason ]] || return 0
  reply false script.rootRefused '' "$reason"
  exit 2
}

# Sets REPLY to $1 seconds of the node's time, in seconds of the clock on the wall.
scaled() {
  local ms=$(($1 * 1000 / scale))
  printf -v REPLY '%d.%03d' $((ms / 1000)) $((ms % 1000))
}

pause() {
  scaled "$1"
  sleep "$REPLY"
}

progress() { # percent step
  step=$2
  printf '%s %s\n' "$1" "$2" >"$ops/$FL_OP.progress"
}

# A verb may say what its work has to remove when it fails.
clean_up() { :; }

succeed() { # members, each with a comma before it
  step=${2-done}
  reply true ok "${1-},\"progress\":100" >"$ops/$FL_OP.new"
  mv "$ops/$FL_OP.new" "$ops/$FL_OP.done"
  [[ $place == work ]] || printf '%s\n' "$(<"$ops/$FL_OP.done")"
  trap - EXIT
  exit 0
}

fail() { # code hint members
  trap - EXIT
  if [[ $place == work ]]; then
    clean_up
    reply false "$1" "${3-}" "${2-}" >"$ops/$FL_OP.new"
    mv "$ops/$FL_OP.new" "$ops/$FL_OP.failed"
  else
    reply false "$1" "${3-}" "${2-}"
  fi
  exit 0
}

lock_call() {
  [[ -d $ops ]] || mkdir -p "$ops"
  exec 8>"$state/$lane.call.lock"
  flock -w 5 8 || fail script.busy 'another call holds this node; call again'
}

# Short work (seconds): done under the call's own lock, its result kept for a repeat.
once_here() {
  lock_call
  if [[ -e $ops/$FL_OP.done ]]; then
    printf '%s\n' "$(<"$ops/$FL_OP.done")"
    exit 0
  fi
  trap 'fail script.unexpected "the script stopped by itself at $step"' EXIT
  work
}

# Long work: runs once, in a unit of its own that outlives a lost call. Every call waits a little, then tells how far
# it is; the same operation id attaches again. A failure is told once, after that the same id tries anew.
once() {
  if [[ ${1-} == --work ]]; then
    begin_work
    work
    fail script.unexpected 'the work ended without an outcome'
  fi
  lock_call
  tell_outcome
  exec 7>"$state/$lane.work.lock"
  if flock -n 7 || wait_for_other; then
    tell_outcome # once more under the lock: work that ended a moment ago must not begin again
    exec 7>&-
    start_unit
    exec 7>"$state/$lane.work.lock"
  fi
  exec 8>&-
  scaled 5
  if flock -w "$REPLY" 7; then
    exec 7>&-
    tell_outcome again
    fail script.interrupted 'the work was cut short; call again'
  fi
  tell_progress
}

# The node is at work. False when it is our own work, to be attached to; true when another operation's has ended. One
# that has its outcome is only leaving, so that takes no 5 s.
wait_for_other() {
  local current other
  current=$(<"$state/$lane.current")
  [[ $current != "$FL_OP" ]] || return 1
  scaled 5
  other=$ops/$current
  [[ ! -e $other.done && ! -e $other.failed && ! -e $other.told ]] || REPLY=5
  flock -w "$REPLY" 7 || fail script.busy 'another operation is at work on this node; call again'
}

# Prints a finished operation's outcome and exits; returns when there is none.
tell_outcome() { # again: a failure that another call has told already counts too
  if [[ -e $ops/$FL_OP.done ]]; then
    printf '%s\n' "$(<"$ops/$FL_OP.done")"
  elif [[ -e $ops/$FL_OP.failed ]]; then
    printf '%s\n' "$(<"$ops/$FL_OP.failed")"
    mv -f "$ops/$FL_OP.failed" "$ops/$FL_OP.told" 2>/dev/null || :
  elif [[ -n ${1-} && -e $ops/$FL_OP.told ]]; then
    printf '%s\n' "$(<"$ops/$FL_OP.told")"
  else
    return 0
  fi
  exit 0
}

tell_progress() {
  local percent=0
  [[ ! -e $ops/$FL_OP.progress ]] || read -r percent step <"$ops/$FL_OP.progress" || :
  reply true running ",\"running\":true,\"progress\":${percent:-0}"
  exit 0
}

start_unit() {
  local name settings=() tries=0
  rm -f "$ops/$FL_OP.running" "$ops/$FL_OP.told"
  printf '%s\n' "$(<"$0")" >"$ops/$FL_OP.sh"
  for name in FAIRLEAD_ROOT FAIRLEAD_TIME_SCALE FAIRLEAD_IMDS FAIRLEAD_ARTIFACTS FAIRLEAD_PEERS AWS_ENDPOINT_URL_SSM; do
    [[ -z ${!name-} ]] || settings+=("--setenv=$name=${!name}")
  done
  systemd-run --quiet --collect --unit="fairlead-$FL_OP" "${settings[@]}" \
    bash "$ops/$FL_OP.sh" --work 7>&- 8>&- || fail script.unitFailed 'systemd-run could not start the work'
  until [[ -e $ops/$FL_OP.running ]]; do
    ((++tries <= 200)) || fail script.unitFailed 'the unit did not begin within 10 s'
    sleep 0.05
  done
}

begin_work() {
  place=work
  exec 7>"$state/$lane.work.lock"
  flock -w 5 7 || exit 1
  printf '%s\n' "$FL_OP" >"$state/$lane.current"
  progress 0 checks
  : >"$ops/$FL_OP.running"
  trap 'fail script.unexpected "the script stopped by itself at $step"' EXIT
}

# --- AWS from the node: instance metadata v2 and Parameter Store, secrets on stdin only ------------------------------

# Sets REPLY to the string member $2 of the JSON text $1 (no escapes inside: our secrets and names have none).
member() {
  local pattern="\"$2\"[[:space:]]*:[[:space:]]*\"([^\"\\\\]*)\""
  [[ $1 =~ $pattern ]] || return 1
  REPLY=${BASH_REMATCH[1]}
}

# Sets aws_region, aws_domain, aws_key, aws_secret, aws_session from the instance's own role.
aws_credentials() {
  local imds=${FAIRLEAD_IMDS:-http://169.254.169.254}/latest token facts role document
  step=credentials
  token=$(curl -q -sSf --max-time 10 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$imds/api/token") ||
    fail script.metadataUnavailable 'the instance metadata service did not give a token'
  token="header = \"X-aws-ec2-metadata-token: $token\""
  facts=$(curl -q -sSf --max-time 10 -K - -w '\n' \
    "$imds/meta-data/{placement/region,services/domain,iam/security-credentials/}" <<<"$token") ||
    fail script.credentialsMissing 'the instance has no role yet; attach the instance profile'
  { read -r aws_region && read -r aws_domain && read -r role; } <<<"$facts" ||
    fail script.credentialsMissing 'the instance has no role yet; attach the instance profile'
  document=$(curl -q -sSf --max-time 10 -K - "$imds/meta-data/iam/security-credentials/$role" <<<"$token") ||
    fail script.credentialsMissing 'the role has no credentials yet'
  member "$document" AccessKeyId || fail script.credentialsMissing 'the role has no access key'
  aws_key=$REPLY
  member "$document" SecretAccessKey || fail script.credentialsMissing 'the role has no secret key'
  aws_secret=$REPLY
  member "$document" Token || fail script.credentialsMissing 'the role has no session token'
  aws_session=$REPLY
}

# One call to Parameter Store: sets REPLY to the answer, fails when it is a refusal.
parameter_store() { # operation body
  local url=${AWS_ENDPOINT_URL_SSM:-https://ssm.$aws_region.$aws_domain} error='no answer'
  REPLY=$(
    curl -q -sS --max-time 30 -K - 5<<<"$2" <<EOF
url = "${url%/}/"
request = "POST"
aws-sigv4 = "aws:amz:$aws_region:ssm"
user = "$aws_key:$aws_secret"
header = "X-Amz-Security-Token: $aws_session"
header = "Content-Type: application/x-amz-json-1.1"
header = "X-Amz-Target: AmazonSSM.$1"
data-binary = "@/dev/fd/5"
EOF
  ) || fail script.secretsUnavailable 'Parameter Store did not answer'
  if [[ $REPLY =~ \"__type\"[[:space:]]*:[[:space:]]*\"([A-Za-z0-9.#_-]*)\" ]]; then
    error=${BASH_REMATCH[1]##*#}
    fail script.secretsRefused "Parameter Store answered $error to $1"
  fi
}

# Reads the named parameters in one call; sets the array secrets in the order asked.
read_secrets() {
  local names='' name answer part chunks found
  aws_credentials
  step=secrets
  for name in "$@"; do names+="${names:+,}\"$name\""; done
  parameter_store GetParameters "{\"Names\":[$names],\"WithDecryption\":true}"
  answer=$REPLY
  secrets=()
  IFS='}' read -r -d '' -a chunks <<<"$answer" || :
  for name in "$@"; do
    found=
    for part in "${chunks[@]}"; do
      if member "$part" Name && [[ $REPLY == "$name" ]] && member "$part" Value; then found=$REPLY; fi
    done
    [[ $found =~ ^[A-Za-z0-9._~+/=-]{16,512}$ ]] || fail script.secretMissing "parameter $name holds no usable token"
    secrets+=("$found")
  done
}

# --- K3s on this node ------------------------------------------------------------------------------------------------

# Writes $1 with the text $2 in one step, readable by root only.
write_file() {
  printf '%s\n' "$2" >"$1.new"
  mv -f "$1.new" "$1"
}

has_database() { [[ -e $data/server/db/etcd || -e $data/server/db/state.db ]]; }

require_staged() {
  [[ -x $k3s && -e $etc/config.yaml ]] || fail script.notStaged 'run stage on this node first'
}

# Starts the unit and waits until it reports ready.
start_k3s() { # unit
  local since=$EPOCHSECONDS
  unit=$1
  systemctl daemon-reload
  if timeout --foreground 240 systemctl enable --quiet --now "$unit"; then return 0; fi
  explain_start "$since" disable
}

# What K3s has logged since it could not start decides the code.
explain_start() { # since disable
  local log=
  log=$(journalctl -u "$unit" --since "@$1" -n 30 --no-pager -o cat 2>/dev/null) || :
  # Without this, Restart=always would let it join later, behind the back of whoever decides who joins next.
  [[ -z ${2-} ]] || systemctl disable --quiet --now "$unit" || :
  case $log in
    *'too many learner'*) fail script.learnerPresent 'another server is still joining; wait until it is a voter' ;;
    *'CA hash does not match'*) fail script.caHashMismatch 'the server presents another certificate authority' ;;
    *'not authorized'* | *'invalid token'* | *'failed to normalize token'*) fail script.tokenRefused 'the cluster does not accept this token' ;;
    *'duplicate hostname'*) fail script.nameTaken 'another machine joined under this node name' ;;
    *'no quorum'* | *'etcdserver: no leader'*) fail script.noQuorum 'the servers have lost their majority' ;;
    *'connection refused'* | *'no route to host'* | *timeout*) fail script.serverUnreachable 'the server to join does not answer' ;;
    *) fail script.startFailed "unit $unit did not become ready" ;;
  esac
}

# Sets active, sub, enabled, unit_file, restarts and unit_exit from one question; a unit that is not there is inactive.
read_unit() {
  local line answer
  active=unknown sub= unit_file= enabled=false restarts=0 unit_exit=0
  answer=$(systemctl show "$unit" -p ActiveState,SubState,UnitFileState,NRestarts) || unit_exit=$?
  while IFS= read -r line; do
    [[ ${line#*=} =~ ^[a-z0-9-]+$ ]] || continue
    case $line in
      ActiveState=*) active=${line#*=} ;;
      SubState=*) sub=${line#*=} ;;
      UnitFileState=*) unit_file=${line#*=} ;;
      NRestarts=*) [[ ! ${line#*=} =~ ^[0-9]+$ ]] || restarts=${line#*=} ;;
    esac
  done <<<"$answer"
  [[ $unit_file != enabled ]] || enabled=true
}

# Waits for conditions of our own Node object, by the kubeconfig in $1.
await_conditions() { # kubeconfig condition…
  local kubeconfig=$1 condition
  shift
  for condition in "$@"; do
    "$k3s" kubectl --kubeconfig "$kubeconfig" wait "--for=condition=$condition" "node/$FL_NODE" --timeout=240s >/dev/null 2>&1 ||
      fail script.notReady "condition $condition did not come within 240 s"
  done
}

# Sets version to what the node's kubelet reports.
read_version() { # kubeconfig
  version=$("$k3s" kubectl --kubeconfig "$1" get node "$FL_NODE" -o 'jsonpath={.status.nodeInfo.kubeletVersion}') ||
    fail script.apiUnavailable 'the API server does not answer'
}

refuse_foreign_root
