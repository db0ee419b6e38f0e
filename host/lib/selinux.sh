# shellcheck shell=sh disable=SC2154 # the names of common.sh
# SELinux stays as it is: our files get the contexts with which keepalived and systemd may use them. All of it is in the
# policy store and so outlasts a relabelling; $state_dir/.selinux/added says what of it is ours:
#   module vrrp-agent SHA256
#   fcontext KIND TYPE PATTERN
# What belongs to one cluster is in its record of the first apply (kept): `boolean NAME off`, the former value, and
# `port tcp PORT TYPE|none`, the type that somebody had given it.

# selinux_mode: enforcing, permissive or disabled.
selinux_mode() {
  selinux_flag=
  # The flag has no newline behind it.
  { read -r selinux_flag <"$root/sys/fs/selinux/enforce"; } 2>/dev/null || true
  case $selinux_flag in
  1) say enforcing ;;
  0) say permissive ;;
  *) if have getenforce; then getenforce | awk '{ print tolower($1) }'; else say disabled; fi ;;
  esac
}

selinux_on() { [ "$(selinux_mode)" != disabled ]; }

# selinux_files: the directory of the file contexts in force.
selinux_files() {
  selinux_type=$(sed -n 's/^SELINUXTYPE=\([^[:space:]]*\).*/\1/p' "$root/etc/selinux/config" 2>/dev/null)
  say "$root/etc/selinux/${selinux_type:-targeted}/contexts/files"
}

# confines_keepalived: the policy has a domain for it; else it runs with its starter's rights, and so do our programs.
confines_keepalived() { grep -q ':keepalived_exec_t:' "$(selinux_files)/file_contexts" 2>/dev/null; }

# selinux_packages: lines as in a bundle, of what is needed to tell SELinux anything.
selinux_packages() {
  ! selinux_on || ! confines_keepalived || say "package semanage policycoreutils-python-utils"
}

# selinux_pattern PATTERN: as the policy has the directory: one that is another one's equal must not be named.
selinux_pattern() {
  { cat "$(selinux_files)/file_contexts.subs_dist" 2>/dev/null || true; } | {
    selinux_named=$1
    while read -r selinux_alias selinux_equal _; do
      case $1 in
      "$selinux_alias"/*)
        selinux_named=$selinux_equal${1#"$selinux_alias"}
        break
        ;;
      esac
    done
    say "$selinux_named"
  }
}

# selinux_contexts: KIND TYPE PATTERN; KIND is semanage's letter, a for all, f for plain files. vrrp-agent is bin_t, so that
# systemd starts it unconfined; what keepalived starts gets out of its domain by vrrp-unconfined.
selinux_contexts() {
  confines_keepalived || return 0
  say "f bin_t $(selinux_pattern '/usr/lib/vrrp-agent\.[^/]+/vrrp-agent')"
  say "f keepalived_unconfined_script_exec_t $(selinux_pattern '/usr/lib/vrrp-agent\.[^/]+/vrrp-unconfined')"
  say "a vrrp_agent_run_t $(selinux_pattern '/run/vrrp-agent(/.*)?')"
  say "a vrrp_agent_state_t $(selinux_pattern '/var/lib/vrrp-agent(/.*)?')"
}

# selinux_setup: of a stage; once, and after an update of the agent or of the policy.
selinux_setup() {
  selinux_on && confines_keepalived || return 0
  if ! have semanage || ! have semodule; then
    fail "SELinux is $(selinux_mode) and this host lacks semanage or semodule, which tell it whose our files are; install policycoreutils and policycoreutils-python-utils"
  fi
  selinux_added=$state_dir/.selinux/added
  mkdir -p "$state_dir/.selinux"
  [ -e "$selinux_added" ] || : >"$selinux_added"
  selinux_module="module vrrp-agent $(sha256 "$here/lib/vrrp-agent.cil")"
  if ! has_line "$selinux_module" "$selinux_added" || ! semodule -l | awk '$1 == "vrrp-agent" { found = 1 } END { exit !found }'; then
    tool "SELinux does not take our policy module" semodule -i "$here/lib/vrrp-agent.cil"
    { grep -v '^module ' "$selinux_added" || true; say "$selinux_module"; } | write_file "$selinux_added"
  fi
  selinux_contexts | while read -r selinux_kind selinux_type selinux_path; do
    # Not with -v, which takes a backslash for the beginning of an escape.
    wanted_path=$selinux_path wanted_type=":$selinux_type:" awk '
      $1 == ENVIRON["wanted_path"] && index($NF ":", ENVIRON["wanted_type"]) { found = 1 }
      END { exit !found }' "$(selinux_files)/file_contexts.local" 2>/dev/null ||
      say "fcontext $selinux_kind $selinux_type $selinux_path"
  done >"$work/fcontexts"
  if [ -s "$work/fcontexts" ]; then
    while read -r _ selinux_kind selinux_type selinux_path; do
      # One that somebody has given another type gets ours.
      say "fcontext -a -f $selinux_kind -t $selinux_type '$selinux_path'"
    done <"$work/fcontexts" >"$work/semanage"
    tool "semanage cannot store the contexts of our files" semanage import -f "$work/semanage"
    { cat "$selinux_added" "$work/fcontexts" | awk '!seen[$0]++'; } | write_file "$selinux_added"
  fi
  # What was there before the first apply keeps the context with which it is put back.
  set --
  for selinux_kept_files in "$state_dir"/*/generations/0/files; do
    [ ! -d "$selinux_kept_files" ] || set -- "$@" -e "$selinux_kept_files"
  done
  for selinux_path in "$root"/usr/lib/vrrp-agent.* "$run_dir" "$state_dir" "$conf_dir"; do
    [ ! -e "$selinux_path" ] || relabel -R "$@" "$selinux_path"
  done
}

# relabel [-R] PATH...: as the policy says. A file system without contexts has nothing to set.
relabel() {
  selinux_on && have restorecon || return 0
  restorecon "$@" >"$work/words" 2>&1 8>&- 9>&- ||
    warn "note: restorecon failed: $(tail -n 1 "$work/words")"
}

# with_context: an option for cp, which refuses it without such a kernel.
with_context() { [ ! -e "$root/sys/fs/selinux/enforce" ] || say --preserve=context; }

# selinux_teardown: with the agent, whose files are gone.
selinux_teardown() {
  selinux_added=$state_dir/.selinux/added
  [ -s "$selinux_added" ] || return 0
  have semanage || {
    warn "note: semanage is gone; what SELinux was told stays: $(tr '\n' ';' <"$selinux_added")"
    return 0
  }
  sed -n 's/^fcontext \([^ ]*\) [^ ]* \(.*\)/fcontext -d -f \1 '"'\\2'"'/p' "$selinux_added" >"$work/semanage"
  [ ! -s "$work/semanage" ] || semanage import -f "$work/semanage" >"$work/words" 2>&1 ||
    warn "note: semanage did not take back the contexts of our files: $(tail -n 1 "$work/words")"
  ! grep -q '^module ' "$selinux_added" || semodule -r vrrp-agent >"$work/words" 2>&1 ||
    warn "note: semodule -r vrrp-agent failed: $(tail -n 1 "$work/words")"
  rm -f "$selinux_added"
}

# Types of the ports that nginx may bind to as the policy comes.
selinux_http_ports="http_port_t http_cache_port_t ntop_port_t puppet_port_t jboss_management_port_t jboss_messaging_port_t"

# selinux_wishes DIRECTORY: of a generation, for the programs that the policy confines:
#   boolean NAME    (to be on)
#   port PORT       (nginx is to bind to it)
selinux_wishes() {
  for wishes_conf in "$1"/files/etc/vrrp-agent/*/node.conf; do
    # What was there before the first apply is somebody else's.
    [ -e "$wishes_conf" ] || return 0
  done
  # Track scripts of the user's own, and mail by another port, go from keepalived's domain.
  if awk '
    $1 == "script" && $0 !~ /\/usr\/lib\/vrrp-agent\/vrrp-check / { found = 1 }
    $1 == "smtp_server" && $3 != "" && $3 !~ /^(25|465|587)$/ { found = 1 }
    END { exit !found }' "$1/files$keepalived_conf" 2>/dev/null; then
    say "boolean keepalived_connect_any"
  fi
  has_gateway "$wishes_conf" || return 0
  # A build of the user's own is not confined.
  [ -z "$(nginx_setting "$wishes_conf" prefix)" ] || return 0
  [ -z "$(nginx_setting "$wishes_conf" upstream)" ] || say "boolean httpd_can_network_connect"
  {
    nginx_setting "$wishes_conf" listen
    # PORT, ADDRESS:PORT or [ADDRESS]:PORT.
    sed -n 's/^ *listen \(.*:\)\{0,1\}\([0-9][0-9]*\)[ ;].*/\2/p' "${wishes_conf%/*}/gateway-probe.conf" 2>/dev/null || true
  } | sort -u | sed 's/^/port /'
}

# selinux_boolean NAME: on or off; nothing where the policy does not know it.
selinux_boolean() { semanage boolean -l -n 2>/dev/null | awk -v name="$1" '$1 == name { sub(/^[^(]*\(/, ""); print $1; exit }'; }

# selinux_port PORT [-C]: its most particular type of TCP; with -C as somebody has set it here.
selinux_port() {
  # shellcheck disable=SC2086
  semanage port -l -n ${2-} 2>/dev/null | awk -v port="$1" '
    $2 == "tcp" {
      type = $1
      sub(/^[^ ]+ +[^ ]+ +/, "")
      n = split($0, part, /, */)
      for (i = 1; i <= n; i++) {
        split(part[i] "-" part[i], end, "-")
        if (port >= end[1] + 0 && port <= end[2] + 0 && (best == "" || end[2] - end[1] < width)) { best = type; width = end[2] - end[1] }
      }
    }
    END { if (best != "") print best }'
}

# drive_selinux CLUSTER DIRECTORY: before the programs of the generation in DIRECTORY start.
drive_selinux() {
  selinux_kept=$state_dir/$1/generations/0/kept
  if selinux_on && have semanage; then selinux_wishes "$2"; fi >"$work/wishes"
  while read -r selinux_kind selinux_name; do
    ! grep -q -E "^$selinux_kind (tcp )?$selinux_name " "$selinux_kept" 2>/dev/null || continue
    "grant_$selinux_kind" "$1" "$selinux_name"
  done <"$work/wishes"
  { grep -E '^(boolean|port) ' "$selinux_kept" 2>/dev/null || true; } >"$work/granted"
  while IFS= read -r selinux_line; do
    selinux_wish=$(say "$selinux_line" | sed 's/^port tcp/port/; s/ [^ ]*$//')
    ! has_line "$selinux_wish" "$work/wishes" || continue
    [ -n "$(granted_elsewhere "$1" "$selinux_line")" ] || revoke_wish "$selinux_line"
    { grep -v -x -F -e "$selinux_line" "$selinux_kept" || true; } | write_file "$selinux_kept"
  done <"$work/granted"
}

# granted_elsewhere CLUSTER LINE: the line about the same in another cluster's record.
granted_elsewhere() {
  for granted_other in $(clusters); do
    [ "$granted_other" = "$1" ] || grep "^${2% *} " "$state_dir/$granted_other/generations/0/kept" 2>/dev/null || true
  done
}

# grant_boolean CLUSTER NAME
grant_boolean() {
  grant_line=$(granted_elsewhere "$1" "boolean $2 on" | head -n 1)
  if [ -n "$grant_line" ]; then
    keep_line "$1" "$grant_line"
  elif [ "$(selinux_boolean "$2")" = off ]; then
    keep_line "$1" "boolean $2 off"
    tool "SELinux: cannot set the boolean $2" semanage boolean -m --on "$2"
  fi
}

# grant_port CLUSTER PORT
grant_port() {
  grant_line=$(granted_elsewhere "$1" "port tcp $2 none" | head -n 1)
  if [ -n "$grant_line" ]; then
    keep_line "$1" "$grant_line"
    return 0
  fi
  case " $selinux_http_ports " in *" $(selinux_port "$2") "*) return 0 ;; esac
  grant_former=$(selinux_port "$2" -C)
  keep_line "$1" "port tcp $2 ${grant_former:-none}"
  # One that the policy itself names is there already.
  semanage port -a -t http_port_t -p tcp "$2" >/dev/null 2>&1 8>&- 9>&- ||
    tool "SELinux: cannot let nginx listen on port $2" semanage port -m -t http_port_t -p tcp "$2"
}

# revoke_wish LINE: of the record; a host is not kept from going back by it.
revoke_wish() {
  revoke_former=${1##* }
  revoke_name=${1% *}
  revoke_name=${revoke_name##* }
  case $1 in
  boolean*) semanage boolean -m "--$revoke_former" "$revoke_name" ;;
  *" none") semanage port -d -p tcp "$revoke_name" ;;
  *) semanage port -m -t "$revoke_former" -p tcp "$revoke_name" ;;
  esac >"$work/words" 2>&1 8>&- 9>&- ||
    warn "note: SELinux did not take back '${1% *}': $(tail -n 1 "$work/words")"
}

# Seconds for which a denial is shown.
selinux_recent=3600

# selinux_denials: what SELinux has kept keepalived or our programs from lately, each once:
#   PERMISSIONS CLASS COMMAND NAME SOURCE TARGET
selinux_denials() {
  {
    if have ausearch && [ -r "$root/var/log/audit/audit.log" ]; then
      ausearch --input "$root/var/log/audit/audit.log" --raw -m AVC,USER_AVC,SELINUX_ERR 2>/dev/null
    elif [ -r "$root/var/log/audit/audit.log" ]; then
      tail -n 5000 "$root/var/log/audit/audit.log"
    elif has_systemd && have journalctl; then
      journalctl --no-pager --output=cat --since "-$selinux_recent seconds" _TRANSPORT=audit + _TRANSPORT=kernel 2>/dev/null
    else
      dmesg 2>/dev/null
    fi || true
  } | awk -v since="$(($(now) - selinux_recent))" '
    function value(key,   text) {
      if (!match($0, " " key "=(\"[^\"]*\"|[^ ]*)")) return "-"
      text = substr($0, RSTART + length(key) + 2, RLENGTH - length(key) - 2)
      gsub(/"/, "", text)
      gsub(/ /, "_", text)
      return text
    }
    function type(context,   part) { return split(context, part, ":") > 2 ? part[3] : context }
    !/avc: +denied/ || !/keepalived|vrrp[-_]agent|vrrp-(check|unconfined)|60-vrrp-/ { next }
    {
      if (match($0, /audit\([0-9]+/) && substr($0, RSTART + 6, RLENGTH - 6) + 0 < since) next
      permissions = $0
      sub(/.*\{ */, "", permissions)
      sub(/ *\}.*/, "", permissions)
      gsub(/ /, ",", permissions)
      name = value("path")
      if (name == "-") name = value("name")
      line = permissions " " value("tclass") " " value("comm") " " name " " type(value("scontext")) " " type(value("tcontext"))
      if (!seen[line]++) print line
    }'
}
