#!/bin/sh
# Stands before timeout(1) in the host's SSH sessions: every step of an apply is started through it. While the host is
# armed (/run/faults is there), the step finds the tools of the suite first.
words="$*"
case $words in
*/vrrp-agent\ *)
  FAULTS_STEP=${words#*/vrrp-agent }
  FAULTS_STEP=${FAULTS_STEP%% *}
  ;;
*" sh") FAULTS_STEP=agent ;;
*) FAULTS_STEP= ;;
esac
if [ ! -e /run/faults ] || [ -z "$FAULTS_STEP" ]; then exec /usr/bin/timeout "$@"; fi
PATH=/opt/faults/tools:$PATH
export FAULTS_STEP PATH
/opt/faults/strike 0 start </dev/null
/usr/bin/timeout "$@"
status=$?
/opt/faults/strike 999999 end </dev/null
exit $status
