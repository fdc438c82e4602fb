
# check: what this machine says of its K3s service, in one pass that no non-zero answer ends; takes no lock and leaves
# no marker. Another boot id than before is the proof of a reboot.
step=check
boot= version=
{ read -r boot <"$root/proc/sys/kernel/random/boot_id"; } 2>/dev/null || :
[[ $boot =~ ^[0-9a-f-]{36}$ ]] || boot=
if [[ -x $k3s ]]; then
  { read -r _ _ version _ < <("$k3s" --version 2>/dev/null); } || :
  [[ $version =~ ^v[0-9A-Za-z.+-]+$ ]] || version=
fi
read_unit
reply true ok ",\"version\":\"$version\",\"facts\":{\"bootId\":\"$boot\",\"active\":\"$active\",\"sub\":\"$sub\",\"enabled\":$enabled,\"unitFile\":\"$unit_file\",\"restarts\":$restarts,\"exitCode\":$unit_exit,\"version\":\"$version\"}"
