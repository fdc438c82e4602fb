
# snapshot: saves the etcd database of this server under FL_SNAPSHOT; K3s adds node and time to the name.
before=$ops/$FL_OP.before

# Sets found to the names of this node's snapshots under that name, each with a blank around it.
list_snapshots() {
  local file
  found=' '
  for file in "$data/server/db/snapshots/$FL_SNAPSHOT-$FL_NODE-"[0-9]*; do
    [[ ! -f $file || $file == *.part ]] || found+="${file##*/} "
  done
}

# Sets name to a snapshot that was not there when the operation began.
find_new() {
  local known candidate
  known=$(<"$before")
  list_snapshots
  name=
  for candidate in $found; do
    [[ $known == *" $candidate "* ]] || name=$candidate
  done
  [[ -n $name ]]
}

work() {
  local name= found size
  require_staged
  has_database || fail script.notServer 'this node holds no cluster database'
  if [[ ! -e $before ]]; then
    list_snapshots
    write_file "$before" "$found"
  fi
  progress 25 saving
  # A call cut short after K3s had saved finds the file; etcd renames it only when it is whole.
  if ! find_new; then
    timeout --foreground 600 "$k3s" etcd-snapshot save --name "$FL_SNAPSHOT" ||
      fail snapshot.failed 'K3s could not save a snapshot; is its service up and its cluster healthy?'
    find_new || fail snapshot.failed 'K3s reported success, but there is no snapshot file'
  fi
  size=$(stat -c %s "$data/server/db/snapshots/$name")
  succeed ",\"facts\":{\"name\":\"$name\",\"sizeBytes\":$size}"
}

once "$@"
