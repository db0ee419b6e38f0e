# shellcheck shell=sh
# Control groups of the lab, in every tree that systemd inside a host uses (v2, and v1's name=systemd).
# Whatever a host or a lab runs is in its group, so ending the group ends all of it and nothing else.

# cgroup_dirs GROUP: the group's directory in each tree.
cgroup_dirs() {
  awk -v group="$1" '$3 == "cgroup2" || ($3 == "cgroup" && $4 ~ /(^|,)name=systemd(,|$)/) { print $2 "/" group }' \
    /proc/self/mounts
}

# cgroup_join GROUP: puts the calling shell into the group.
cgroup_join() {
  for tree in $(cgroup_dirs "$1"); do
    mkdir -p "$tree"
    echo $$ >"$tree/cgroup.procs"
  done
}

cgroup_pids() {
  for tree in $(cgroup_dirs "$1"); do
    [ ! -d "$tree" ] || find "$tree" -name cgroup.procs -exec cat {} + 2>/dev/null || true
  done | sort -un
}

# cgroup_kill GROUP: SIGKILL to all processes of the group, waits until they are gone, removes the group.
cgroup_kill() {
  tries=500
  while :; do
    for tree in $(cgroup_dirs "$1"); do
      [ ! -w "$tree/cgroup.kill" ] || echo 1 >"$tree/cgroup.kill"
    done
    pids=$(cgroup_pids "$1")
    [ -n "$pids" ] || break
    for pid in $pids; do
      kill -9 "$pid" 2>/dev/null || true
    done
    tries=$((tries - 1))
    if [ "$tries" -eq 0 ]; then
      printf 'lab: processes of %s do not end: %s\n' "$1" "$(echo "$pids" | tr '\n' ' ')" >&2
      return 1
    fi
    sleep 0.02
  done
  for tree in $(cgroup_dirs "$1"); do
    [ ! -d "$tree" ] || find "$tree" -depth -type d -exec rmdir {} +
  done
}
