#!/bin/bash
# Stand-in for K3s, served by the simulator's artifact server like the real binary. It understands what the node scripts
# ask; members, learners, quorum and tokens are kept by the simulator and reached over loopback.
set -euo pipefail
export LC_ALL=C
umask 077
version='@VERSION@'
root=${FAIRLEAD_ROOT:?this stand-in runs on simulated machines only}
etc=$root/etc/rancher/k3s
data=$root/var/lib/rancher/k3s

# Sets status and answer to the reply of the K3s world.
ask() { # action body
  local line port machine
  [[ ${FAIRLEAD_IMDS-} =~ ^http://127\.0\.0\.1:([0-9]+)/_imds/([A-Za-z0-9-]+)$ ]] || return 1
  port=${BASH_REMATCH[1]} machine=${BASH_REMATCH[2]}
  exec 3<>"/dev/tcp/127.0.0.1/$port"
  printf 'POST /_k3s/%s/%s HTTP/1.0\r\nHost: 127.0.0.1:%s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s' \
    "$machine" "$1" "$port" "${#2}" "$2" >&3
  read -r _ status _ <&3
  while IFS= read -r line <&3 && [[ $line != $'\r' ]]; do :; done
  IFS= read -r -d '' answer <&3 || :
  exec 3>&-
}

fatal() {
  printf 'level=fatal msg="%s"\n' "$1" >&2
  exit 1
}

random_base64() { # characters
  local alphabet=ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/ text=
  while ((${#text} < $1)); do text+=${alphabet:SRANDOM % 64:1}; done
  printf '%s' "$text"
}

write_kubeconfig() {
  printf '%s\n' "apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: $(random_base64 400)
    server: https://127.0.0.1:$2
  name: default
contexts:
- context:
    cluster: default
    user: default
  name: default
current-context: default
kind: Config
preferences: {}
users:
- name: default
  user:
    client-certificate-data: $(random_base64 400)
    client-key-data: $(random_base64 300)" >"$1"
}

serve() { # server or agent
  local file line body database=false enabled=false unit=k3s
  local -A config=()
  for file in "$etc/config.yaml" "$etc"/config.yaml.d/*.yaml; do
    while IFS= read -r line; do
      if [[ $line =~ ^([a-z-]+):\ *\"?([^\"]*)\"?$ ]]; then config[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}; fi
    done <"$file"
  done
  [[ ! -d $data/server/db/etcd ]] || database=true
  [[ $1 == server ]] || unit=k3s-agent
  [[ ! -L $root/etc/systemd/system/multi-user.target.wants/$unit.service ]] || enabled=true
  body="role $1
version $version
name ${config[node-name]-}
ip ${config[node-ip]-}
enabled $enabled
init ${config[cluster-init]-false}
server ${config[server]-}
database $database
token $(<"${config[token-file]}")"
  [[ -z ${config[agent-token-file]-} ]] || body+=$'\n'"agentToken $(<"${config[agent-token-file]}")"
  ask start "$body" || fatal 'dial tcp: connection refused'
  [[ $status == 200 ]] || fatal "$answer"
  if [[ $1 == server ]]; then
    mkdir -p "$data/server/db/etcd" "$data/server/tls"
    printf '%s\n' "$answer" >"$data/server/tls/server-ca.crt"
    random_base64 400 >"$data/server/tls/client-admin.crt"
    [[ -e $etc/k3s.yaml ]] || write_kubeconfig "$etc/k3s.yaml" 6443
  else
    mkdir -p "$data/agent"
    write_kubeconfig "$data/agent/kubelet.kubeconfig" 6444
  fi
  ask ready '' || fatal 'the machine went away'
  [[ $status == 200 ]] || fatal "$answer"
}

save_snapshot() { # name
  local line node= file
  while IFS= read -r line; do
    if [[ $line =~ ^node-name:\ *\"?([^\"]*)\"?$ ]]; then node=${BASH_REMATCH[1]}; fi
  done <"$etc/config.yaml"
  ask snapshot '' || fatal 'dial tcp 127.0.0.1:6443: connect: connection refused'
  [[ $status == 200 ]] || fatal "$answer"
  mkdir -p "$data/server/db/snapshots"
  file=$data/server/db/snapshots/$1-$node-$EPOCHSECONDS
  random_base64 4096 >"$file.part"
  mv "$file.part" "$file"
  printf 'level=info msg="Snapshot %s saved."\n' "${file##*/}"
}

case ${1-} in
  --version) printf 'k3s version %s (simulated)\ngo version go1.22.9\n' "$version" ;;
  server | agent) serve "$1" ;;
  kubectl)
    shift
    printf -v arguments '%s\n' "$@"
    ask kubectl "$arguments" || fatal 'The connection to the server 127.0.0.1:6443 was refused'
    [[ $status == 200 ]] || fatal "$answer"
    printf '%s' "$answer"
    ;;
  etcd-snapshot)
    [[ ${2-} == save && ${3-} == --name ]] || fatal "etcd-snapshot ${2-} is not simulated"
    save_snapshot "$4"
    ;;
  simulated)
    ask "$2" ''
    printf '%s\n' "$answer"
    [[ $status == 200 ]]
    ;;
  *) fatal "No help topic for '${1-}'" ;;
esac
