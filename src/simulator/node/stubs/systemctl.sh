#!/bin/bash
# Stand-in for systemctl on a simulated machine: units are files below $FAIRLEAD_ROOT, starting one runs its ExecStart,
# which tells the K3s world and returns when the service is ready, as Type=notify does.
set -euo pipefail
units=$FAIRLEAD_ROOT/etc/systemd/system
journal=$FAIRLEAD_ROOT/var/log/journal

words=() now=false
for word in "$@"; do
  case $word in
    --now) now=true ;;
    -*) ;;
    *) words+=("${word%.service}") ;;
  esac
done
verb=${words[0]-} unit=${words[1]-}
wants=$units/multi-user.target.wants/$unit.service

start() {
  local line command=
  while IFS= read -r line; do
    [[ $line != ExecStart=* ]] || command=${line#ExecStart=}
  done <"$units/$unit.service"
  [[ -d $journal ]] || mkdir -p "$journal"
  # The journal stand-in keeps what the last start said.
  # shellcheck disable=SC2086 # a unit's command line is split at blanks
  $command >"$journal/$unit.log" 2>&1 || {
    printf 'Job for %s.service failed because the control process exited with error code.\n' "$unit" >&2
    exit 1
  }
}

# Tells the K3s world; without a binary there is no service to tell about.
tell() {
  [[ -x $FAIRLEAD_ROOT/usr/local/bin/k3s ]] || return 0
  "$FAIRLEAD_ROOT/usr/local/bin/k3s" simulated "$1"
}

stop() {
  [[ -e $units/$unit.service ]] || {
    printf 'Failed to stop %s.service: Unit %s.service not loaded.\n' "$unit" "$unit" >&2
    exit 5
  }
  tell stop >/dev/null
}

show() {
  local state=
  if [[ ! -e $units/$unit.service ]]; then
    printf 'ActiveState=inactive\nSubState=dead\nUnitFileState=\nNRestarts=0\n'
    return 0
  fi
  tell show
  [[ -L $wants ]] && state=enabled || state=disabled
  printf 'UnitFileState=%s\n' "$state"
}

case $verb in
  daemon-reload | reset-failed) ;;
  enable)
    mkdir -p "${wants%/*}"
    ln -sf "../$unit.service" "$wants"
    tell enable >/dev/null
    [[ $now == false ]] || start
    ;;
  disable)
    rm -f "$wants"
    tell disable >/dev/null
    [[ $now == false ]] || stop
    ;;
  start) start ;;
  stop) stop ;;
  restart)
    stop
    start
    ;;
  show) show ;;
  *)
    printf 'Unknown command verb %s.\n' "$verb" >&2
    exit 1
    ;;
esac
