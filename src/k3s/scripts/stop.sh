
# stop: ends the K3s service of this node; it stays enabled and comes back with the next boot. Stopped is stopped.
work() {
  read_unit
  progress 25 stopping
  case $active in
    inactive | failed) ;;
    *) timeout --foreground 180 systemctl stop "$unit" || fail script.stopFailed "unit $unit did not stop within 180 s" ;;
  esac
  read_unit
  succeed ",\"facts\":{\"stopped\":true,\"active\":\"$active\"}"
}

once "$@"
