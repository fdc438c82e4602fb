#!/bin/bash
# Stand-in for journalctl on a simulated machine: prints the end of one unit's log.
set -euo pipefail
unit=
while (($# > 0)); do
  case $1 in
    -u)
      unit=$2
      shift
      ;;
  esac
  shift
done
[[ ! -e $FAIRLEAD_ROOT/var/log/journal/$unit.log ]] || tail -n 30 "$FAIRLEAD_ROOT/var/log/journal/$unit.log"
