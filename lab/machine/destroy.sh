#!/bin/sh
# Ends a lab and leaves nothing of it, whatever state it is in. Usage: destroy.sh DIR
# Also called when the lab's owner exits or has died, so it needs nothing but DIR.
set -eu
readonly dir="$1"
here=$(dirname "$0")
# shellcheck source=lab/machine/cgroup.sh
. "$here/cgroup.sh"
# The directory's name is the lab's id, and the first part of all its names.
id=$(basename "$dir")

# One at a time; who comes second finds nothing left to do.
[ -d "$dir" ] || exit 0
exec 9<"$dir"
flock 9
[ -d "$dir" ] || exit 0

# This script may itself run inside the client's namespace.
ancestors() {
  pid=$$
  while [ "$pid" -gt 1 ]; do
    echo "$pid"
    pid=$(awk '/^PPid:/ { print $2 }' "/proc/$pid/status")
  done
}

for conf in "$dir"/hosts/*/host.conf; do
  [ ! -e "$conf" ] || sh "$here/power.sh" off "${conf%/host.conf}"
done
cgroup_kill "$id"

spared=$(ancestors)
for path in /run/netns/"$id"-*; do
  [ -e "$path" ] || continue
  ns=${path##*/}
  for pid in $(ip netns pids "$ns"); do
    printf '%s\n' "$spared" | grep -qx "$pid" || kill -9 "$pid" 2>/dev/null || true
  done
  ip netns del "$ns"
done

awk -v top="$dir/" 'index($2, top) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r mounted; do
  umount "$mounted"
done
rm -rf --one-file-system "$dir"
