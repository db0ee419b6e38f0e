# shellcheck shell=sh
# What a host is in now, a fact a line. Read on stdin, so that its words are in no command line. Argument: the cluster.
pgrep -af 'vrrp-agent (stage|activate|finish|observe|confirm|restore|rollback|undo|uninstall)' | sed 's/^/busy /'
systemctl list-units --all --plain --no-legend --full 'vrrp-agent-undo-*' | sed 's/^/undo /'
echo "enabled $(systemctl is-enabled keepalived.service 2>&1)"
echo "active $(systemctl is-active keepalived.service 2>&1)"
ip -o -4 address show | awk '{ sub(/\/.*/, "", $4); print "address", $4 }'
if command -v vrrp-agent >/dev/null; then
  vrrp-agent status --json 2>&1 | sed 's/^/status /'
fi
state=/var/lib/vrrp-agent/$1
if [ -e "$state/current" ]; then
  read -r generation _ <"$state/current"
  cd "$state/generations/$generation/files" &&
    find . -type f -exec sha256sum {} + | (cd / && sha256sum -c --quiet 2>&1) | sed 's/^/differs /'
fi
exit 0
