#!/bin/sh
# Stands before a tool of the agent while the host is armed: counts the calls of the step, and lets the fault happen
# before one of them.
tool=${0##*/}
real=/usr/bin/$tool
[ -x "$real" ] || real=/usr/sbin/$tool
if [ -e /run/faults ]; then
  printf '%s\n' "$tool" >>"/run/faults/calls.$FAULTS_STEP" 2>/dev/null
  if [ -e /run/faults/at ]; then
    /opt/faults/strike "$(/usr/bin/wc -l <"/run/faults/calls.$FAULTS_STEP")" "$tool" </dev/null
  fi
  if [ "$tool" = date ] && [ -e /run/faults/clock ]; then
    case " $* " in
    *" -d "*) ;;
    *) exec "$real" -d "$(/usr/bin/cat /run/faults/clock) seconds" "$@" ;;
    esac
  fi
fi
exec "$real" "$@"
