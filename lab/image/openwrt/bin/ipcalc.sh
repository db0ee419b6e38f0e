#!/bin/sh
# ipcalc.sh NETMASK: its prefix length.
IFS=.
bits=0
for part in $1; do while [ "$part" -gt 0 ]; do bits=$((bits + part % 2)) part=$((part / 2)); done; done
echo "$bits"
