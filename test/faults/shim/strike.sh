#!/bin/sh
# strike CALLS WHAT: where the host is armed for this step and so many calls, tells the suite who is running, once,
# and waits until the suite has done what is to happen here.
[ -e /run/faults/at ] || exit 0
read -r step calls </run/faults/at
[ "$step" = "$FAULTS_STEP" ] && [ "$1" -ge "$calls" ] || exit 0
/usr/bin/mkdir /run/faults/struck 2>/dev/null || exit 0
{
  printf 'where %s %s\n' "$1" "$2"
  pid=$PPID
  while [ "$pid" -gt 1 ]; do
    printf 'process %s %s\n' "$pid" "$(/usr/bin/tr '\0\n' '  ' <"/proc/$pid/cmdline")"
    read -r line <"/proc/$pid/stat"
    line=${line##*) ? }
    pid=${line%% *}
  done
} >/run/faults/reached
until [ -e /run/faults/go ]; do /usr/bin/sleep 0.05; done
