#!/bin/bash
# Stand-in for systemd-run on a simulated machine: the command goes on by itself in a process group of its own, which is
# noted with its start time so that the simulator can end it together with the machine.
set -euo pipefail
unit=
while [[ ${1-} == -* ]]; do
  case $1 in
    --unit=*) unit=${1#--unit=} ;;
    --setenv=*) export "${1#--setenv=}" ;;
  esac
  shift
done
[[ -d $FAIRLEAD_ROOT/var/log/journal ]] || mkdir -p "$FAIRLEAD_ROOT/var/log/journal"

set -m
"$@" </dev/null >>"$FAIRLEAD_ROOT/var/log/journal/$unit.log" 2>&1 &
{ read -r stat <"/proc/$!/stat"; } 2>/dev/null || exit 0
read -r -a fields <<<"${stat##*) }"
printf '%s\n' "${fields[19]}" >"$FAIRLEAD_ROOT/run/groups/$!"
