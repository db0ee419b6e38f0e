# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# Facts: what the log of keepalived says of the last ten minutes, by kind, in the words of its sources from 2.0 to 2.4.

# Seconds that are looked at.
log_seconds=600

# log_facts
log_facts() {
  log_lines | redacted | awk -v seconds="$log_seconds" '
    function kind_of(text) {
      if (text ~ /wrong (VRRP )?version/) return "version"
      if (text ~ /Unknown VRID\(/) return "vrid"
      if (text ~ /advertisement interval mismatch/) return "advert-interval"
      if (text ~ /invalid passwd|received a [0-9]+ auth|Invalid auth type|AH header|IPSEC.AH ?:|authentication (trailer|HMAC|key id|clock)/) return "auth"
      if (text ~ /TTL\/HL/) return "ttl"
      if (text ~ /Invalid VRRPv[23] checksum|Checksum ERROR/) return "checksum"
      if (text ~ /expected [0-9]+ VIPs but received|not present in MASTER advert|unexpected ip number count/) return "address-list"
      if (text ~ /not a unicast peer/) return "unknown-peer"
      if (text ~ /xpected (un|mult)icast packet|discarding (un|mult)icast packet/) return "multicast"
      if (text ~ /packet( from [^ ]+)? too (long|short)|ip_tot_len mismatch/) return "packet-length"
      if (text ~ /[Cc]ant send advert|send advert error/) return "send"
      if (text ~ /could not find script|Cannot find script|[Ss]cript .* cannot be accessed|Unable to access script|Couldn.t find command/) return "no-script"
      if (text ~ /Unsafe permissions|Permissions failure for script|is not executable for uid|Couldn.t execute command|Error exec-ing|Wrong file type found in script/) return "permission"
      if (text ~ /VRRP_Script\([^)]*\) timed_out|failed to terminate after kill|expect idle - skipping run/) return "script-timeout"
      if (text ~ /VRRP_Script\([^)]*\) failed|[Ss]cript `[^`]*` now returning [1-9]/) return "script-failed"
      if (text ~ /entering FAULT state/) return "fault"
      if (text ~ /Entering (MASTER|BACKUP|FAULT) STATE/) return "transition"
      if (text ~ /eceived lower priority|[Rr]eceived advert .*lower priority/) return "lower-priority"
      if (text ~ /eceived advert .*higher priority|eceived higher priority/) return "higher-priority"
      if (text ~ /child process\([0-9]+\) died|exited (with|due to)|permanent error|Respawning/ && text !~ /VRRP_Script|now returning/) return "died"
      return ""
    }
    # A master that becomes backup without having heard of a better one lets go by itself.
    function count_yields(text, of) {
      if (text ~ /Syncing .*(BACKUP|FAULT)/) split("", is_master)
      if (!match(text, /^\([^) ]*\)/)) return
      of = substr(text, 2, RLENGTH - 2)
      if (text ~ /Entering MASTER STATE/) is_master[of] = 1
      else if (text ~ /Entering BACKUP STATE/ && text !~ /\(init\)/) {
        if (of in is_master) yields[of]++
        delete is_master[of]
      } else if (text ~ /Entering|entering|higher priority|same priority|effective priority/) delete is_master[of]
    }
    / systemd\[1\]: .*Scheduled restart job/ { again++ }
    {
      sub(/^.*[Kk]eepalived[A-Za-z_]*(\[[0-9]+\])?: */, "")
      gsub(/[[:cntrl:]]/, " ")
      if ($0 ~ /Starting Keepalived v/) starts++
      if ($0 ~ /Entering (MASTER|BACKUP|FAULT) STATE/ && $0 !~ /\(init\)/ && match($0, /^\([^)]*\)/)) {
        name = substr($0, RSTART + 1, RLENGTH - 2)
        if (!flaps[name]++) order[++names] = name
      }
      count_yields($0)
      kind = kind_of($0)
      if (kind == "") next
      if (!count[kind]++) kinds[++kind_count] = kind
      last[kind] = substr($0, 1, 300)
    }
    END {
      # One that ends before it says so is only started by systemd.
      if (again >= starts && again > 0) starts = again + 1
      if (starts > 1) print "daemon-restarts", starts, seconds
      for (i = 1; i <= kind_count; i++) print "log", kinds[i], count[kinds[i]], last[kinds[i]]
      for (i = 1; i <= names; i++) if (order[i] !~ / /) print "flaps", order[i], flaps[order[i]], seconds
      for (i = 1; i <= names; i++) if (order[i] in yields) print "yields", order[i], yields[order[i]], seconds
    }'
  [ ! -s "$work/lacks" ] || cat "$work/lacks"
}

# log_lines: `...keepalived: TEXT`, one each.
log_lines() {
  if has_systemd && have journalctl; then
    journalctl --quiet --no-pager --output=short-unix --since="-${log_seconds}s" --unit=keepalived.service 2>/dev/null || true
  elif have logread && logread -e eepalived >"$work/logread" 2>/dev/null; then
    log_recent <"$work/logread"
  else
    for log_file in "$root/var/log/syslog" "$root/var/log/messages" "$root/var/log/daemon.log"; do
      [ -r "$log_file" ] || continue
      tail -n 20000 "$log_file" | grep eepalived | log_recent
      return 0
    done
    say "lacks journalctl what keepalived has logged" >"$work/lacks"
  fi
}

# log_recent: of lines with a time in front, `Mon DD HH:MM:SS` or of ISO, those of the last log_seconds.
log_recent() {
  log_then=$(($(now) - log_seconds))
  log_from=$(date -d "@$log_then" +%Y-%m-%dT%H:%M:%S)
  log_day=$(LC_ALL=C date -d "@$log_then" "+%b %e")
  log_today=$(LC_ALL=C date "+%b %e")
  awk -v iso="$log_from" -v from="${log_from#*T}" -v day="$log_day" -v today="$log_today" '
    match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) {
      if (substr($0, RSTART, RLENGTH) >= iso) print
      next
    }
    match($0, /[A-Z][a-z][a-z] [ 0-9][0-9] [0-9][0-9]:[0-9][0-9]:[0-9][0-9]/) {
      at = substr($0, RSTART, 6); clock = substr($0, RSTART + 7, 8)
      if ((at == day && clock >= from) || (at == today && day != today)) print
    }'
}
