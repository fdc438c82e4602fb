
# stage: checks, binary and checksum list in parallel, configuration and unit. Starts nothing.
case $FL_ARCH in arm64) asset=k3s-arm64 machine=aarch64 ;; *) asset=k3s machine=x86_64 ;; esac
binary_new=$root/usr/local/bin/.k3s.new
sums_new=$state/sha256sum.new

clean_up() { rm -f "$binary_new" "$sums_new"; }

choose_source() {
  local official=https://github.com/k3s-io/k3s/releases/download
  if [[ -n $FL_ARTIFACTS && -n ${FAIRLEAD_ARTIFACTS-} && ${FL_ARTIFACTS%/} != "${FAIRLEAD_ARTIFACTS%/}" ]]; then
    fail script.artifactsDisagree 'the order and the node name different artifact servers'
  fi
  : "${FAIRLEAD_ARTIFACTS:=$official}"
  source=${FL_ARTIFACTS:-$FAIRLEAD_ARTIFACTS}
  source=${source%/}
}

# Seven things that would fail later and tell less: rights, architecture, disk, memory, network, clock, ports.
check_machine() {
  mkdir -p "$root/usr/local/bin" "$etc/config.yaml.d" "$root/etc/systemd/system" ||
    fail script.noRights 'the folders of K3s cannot be written; root rights are needed'
  [[ $(uname -m) == "$machine" ]] || fail script.wrongArchitecture "this machine is not $machine"
  check_disk
  check_memory
  check_network_and_clock
  check_ports
}

check_disk() {
  local free
  { read -r _ && read -r _ _ _ free _; } < <(df -Pk "$root/usr/local/bin") || free=0
  ((free >= 1048576)) || fail script.diskFull 'less than 1 GiB is free for K3s'
}

# K3s asks for 2 GiB on servers and 512 MiB on agents; the kernel has kept its share of the nominal size for itself.
check_memory() {
  local name size least=393216
  [[ $FL_ROLE == agent ]] || least=1572864
  [[ -r $root/proc/meminfo ]] || fail script.memoryLow 'the memory of this machine is not known'
  while read -r name size _; do
    [[ $name == MemTotal: ]] || continue
    ((size >= least)) || fail script.memoryLow "this machine has $((size / 1024)) MiB; a $FL_ROLE needs $((least / 1024))"
    return 0
  done <"$root/proc/meminfo"
  fail script.memoryLow 'the memory of this machine is not known'
}

check_network_and_clock() {
  local there date
  there=$(curl -q -sS -I -o /dev/null --max-time 20 -w '%{http_code} %header{date}' "$source/") ||
    fail script.artifactsUnreachable "no answer from $source"
  # An older curl tells no date; then nothing is claimed about the clock.
  date=${there#* }
  date=$(date -d "${date:-now}" +%s 2>/dev/null) || date=$EPOCHSECONDS
  ((date - EPOCHSECONDS < 300 && EPOCHSECONDS - date < 300)) ||
    fail script.clockSkew 'the clock is more than 5 min off; certificates would not verify'
}

# A repeat after K3s was started finds its own ports taken; that is no fault.
check_ports() {
  local table address listening port
  [[ ! -e $data/server/db && ! -e $data/agent ]] || return 0
  for table in "$root/proc/net/tcp" "$root/proc/net/tcp6"; do
    [[ -r $table ]] || continue
    while read -r _ address _ listening _; do
      port=$((16#${address##*:}))
      case $FL_ROLE:$listening:$port in
        *:0A:10250 | server:0A:6443 | server:0A:2379 | server:0A:2380)
          fail script.portTaken "port $port is in use on this machine"
          ;;
      esac
    done < <(tail -n +2 "$table")
  done
}

download() {
  local escaped=${FL_VERSION//+/%2B} binary_pid sums_pid binary_exit=0 sums_exit=0
  local options=(-q -sSfL --connect-timeout 20 --speed-limit 100 --speed-time 120 --max-time 900)
  curl "${options[@]}" -o "$binary_new" "$source/$escaped/$asset" 2>/dev/null &
  binary_pid=$!
  curl "${options[@]}" -o "$sums_new" "$source/$escaped/sha256sum-$FL_ARCH.txt" 2>/dev/null &
  sums_pid=$!
  wait "$sums_pid" || sums_exit=$?
  wait "$binary_pid" || binary_exit=$?
  ((sums_exit == 0)) || fail script.checksumListMissing "the checksum list of $FL_VERSION could not be read (curl $sums_exit)"
  ((binary_exit == 0)) || fail script.downloadFailed "$asset of $FL_VERSION could not be read (curl $binary_exit)"
}

verify() {
  local sum name wanted= actual
  while read -r sum name || [[ -n $sum ]]; do
    [[ $name != "$asset" ]] || wanted=$sum
  done <"$sums_new"
  [[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail script.checksumMissing "the checksum list of $FL_VERSION has no line for $asset"
  actual=$(sha256sum <"$binary_new")
  [[ ${actual%% *} == "$wanted" ]] || fail script.checksumMismatch "$asset of $FL_VERSION does not match its checksum"
}

list() { # key comma-list: a YAML list, nothing when empty
  local item items
  [[ -n $2 ]] || return 0
  config+=$1$':\n'
  IFS=, read -r -a items <<<"$2"
  for item in "${items[@]}"; do config+="  - \"$item\""$'\n'; done
}

# The parts that must be equal on all servers and those of this node; how it joins is written by init and join.
write_config() {
  config="node-name: \"$FL_NODE\""$'\n'"node-ip: \"$FL_NODE_IP\""$'\n'
  list node-label "$FL_LABELS"
  list node-taint "$FL_TAINTS"
  if [[ $FL_ROLE == server ]]; then
    config+="cluster-cidr: \"$FL_CLUSTER_CIDR\""$'\n'"service-cidr: \"$FL_SERVICE_CIDR\""$'\n'
    config+="cluster-dns: \"$FL_CLUSTER_DNS\""$'\n'"flannel-backend: \"$FL_FLANNEL\""$'\n'
    config+="secrets-encryption: $FL_SECRETS_ENCRYPTION"$'\n'"write-kubeconfig-mode: \"600\""$'\n'
    config+="etcd-snapshot-schedule-cron: \"${FL_SNAPSHOT_CRON//_/ }\""$'\n'"etcd-snapshot-retention: $FL_SNAPSHOT_RETAIN"$'\n'
    list disable "$FL_DISABLE"
    list tls-san "$FL_TLS_SANS"
  fi
  write_file "$etc/config.yaml" "$config"
}

write_unit() {
  write_file "$root/etc/systemd/system/$unit.service" "[Unit]
Description=Lightweight Kubernetes, set up by Fairlead
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
EnvironmentFile=-$root/etc/systemd/system/$unit.service.env
ExecStartPre=-/sbin/modprobe br_netfilter
ExecStartPre=-/sbin/modprobe overlay
ExecStart=$k3s $FL_ROLE
KillMode=process
Delegate=yes
User=root
LimitNOFILE=1048576
LimitNPROC=infinity
LimitCORE=infinity
TasksMax=infinity
TimeoutStartSec=0
Restart=always
RestartSec=5s

[Install]
WantedBy=multi-user.target"
}

work() {
  choose_source
  check_machine
  progress 25 downloading
  download
  progress 50 verifying
  verify
  chmod 755 "$binary_new"
  mv -f "$binary_new" "$k3s"
  rm -f "$sums_new"
  write_config
  write_unit
  progress 75 version
  [[ $("$k3s" --version) == "k3s version $FL_VERSION "* ]] || fail script.wrongVersion "the binary is not $FL_VERSION"
  succeed ",\"version\":\"$FL_VERSION\""
}

once "$@"
