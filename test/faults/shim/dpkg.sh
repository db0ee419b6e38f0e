#!/bin/sh
# What apt runs for dpkg: the first time that it has unpacked, apt is killed before it can go on to configure.
/usr/bin/dpkg "$@"
status=$?
case " $* " in
*" --unpack "*) ! /usr/bin/mkdir /run/faults-apt 2>/dev/null || kill -9 "$PPID" ;;
esac
exit $status
