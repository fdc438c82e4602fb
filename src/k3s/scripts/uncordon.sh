
# uncordon: lets pods come to another node again. A node that is not there has nothing to undo.
work() {
  require_api
  if target_exists; then
    "$k3s" kubectl uncordon "$FL_TARGET" >/dev/null || fail script.apiUnavailable 'the node could not be uncordoned'
  fi
  succeed ',"facts":{"cordoned":false}'
}

once_here
