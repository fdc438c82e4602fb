#!/bin/bash
# Stand-in for uname -m: the architecture of the simulated machine, not of the one it is simulated on.
printf '%s\n' "$(<"$FAIRLEAD_ROOT/run/machine")"
