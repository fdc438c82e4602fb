
# snapshot: saves the etcd database of this server under FL_SNAPSHOT; K3s adds node and time to the name.
begun=$ops/$FL_OP.begun

# Sets file to the newest snapshot of this name and node that is no older than the operation.
find_snapshot() {
  local candidate since at
  since=$(<"$begun")
  file=
  for candidate in "$data/server/db/snapshots/$FL_SNAPSHOT-$FL_NODE-"[0-9]*; do
    at=${candidate##*-}
    at=${at%.zip}
    [[ $at =~ ^[0-9]+$ && -f $candidate ]] || continue
    if ((at >= since)); then file=$candidate since=$at; fi
  done
  [[ -n $file ]]
}

work() {
  local file= size
  require_staged
  has_database || fail script.notServer 'this node holds no cluster database'
  [[ -e $begun ]] || write_file "$begun" "$EPOCHSECONDS"
  progress 25 saving
  # A call cut short after K3s had saved finds the file; etcd renames it only when it is whole.
  if ! find_snapshot; then
    timeout --foreground 600 "$k3s" etcd-snapshot save --name "$FL_SNAPSHOT" ||
      fail snapshot.failed 'K3s could not save a snapshot; is its service up and its cluster healthy?'
    find_snapshot || fail snapshot.failed 'K3s reported success, but there is no snapshot file'
  fi
  size=$(stat -c %s "$file")
  succeed ",\"facts\":{\"name\":\"${file##*/}\",\"sizeBytes\":$size}"
}

once "$@"
