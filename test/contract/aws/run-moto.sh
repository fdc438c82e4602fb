#!/bin/bash
# Runs the contract suite against moto: run-moto.sh SETUP START [PORT]
# SETUP makes moto available (may do nothing when it is there already), START PORT starts it on loopback and prints its pid.
# With FAIRLEAD_MOTO_ENDPOINT set, neither is called and that endpoint is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."
if [[ -z ${FAIRLEAD_MOTO_ENDPOINT:-} ]]; then
  [[ $# -ge 2 ]] || { echo "usage: run-moto.sh SETUP START [PORT]   (or set FAIRLEAD_MOTO_ENDPOINT)" >&2; exit 2; }
  port=${3:-5555}
  "$1" >/dev/null
  pid=$("$2" "$port")
  trap 'kill "$pid"' EXIT
  export FAIRLEAD_MOTO_ENDPOINT=http://127.0.0.1:$port
fi
npx vitest run --project real test/contract/aws/moto.test.ts
