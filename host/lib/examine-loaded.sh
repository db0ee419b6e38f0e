# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# Facts: what the running daemon has. Two signals have its VRRP process write that down, SIGUSR1 (2.0: keepalived.data; with the
# password in clear before 2.4) and SIGUSR2 (keepalived.stats), in /tmp or where --with-tmp-dir or TMPDIR says. Sent to that process
# alone: by way of its parent all the others would write as well. A line of its log each; nothing is reset by them.
#
# What is there already is put aside in a directory beside it and comes back. $work/.kept/dump says what is under way:
#   aside DIRECTORY, asked NAME        (and .kept/places: where it may be written)

# Twentieths of a second within which a dump must be complete.
dump_patience=40

# loaded_facts
loaded_facts() {
  [ -n "$examine_pid" ] || return 0
  if ! loaded_why=$(find_vrrp_process "$examine_pid"); then
    say "loaded-none $loaded_why"
    return 0
  fi
  loaded_process=$loaded_why
  say "$loaded_process" >"$examine_runs/vrrp"
  dump "$loaded_process" USR1 keepalived.data "$work/data" "$work/scripts" parse_data
  if [ ! -s "$work/data" ]; then
    say "loaded-none it wrote nothing down within $((dump_patience / 20)) s"
    return 0
  fi
  grep '^loaded ' "$work/data" || true
  differs_facts "$work/data"
  grep '^state ' "$work/data" || true
  dump "$loaded_process" USR2 keepalived.stats "$examine_runs/count" - parse_stats
  uptime_ms >"$examine_runs/counted"
  cat "$examine_runs/count"
}

# discard_facts: what has grown in the meantime.
discard_facts() {
  counted=$examine_runs
  [ -s "$counted/count" ] && read -r discard_process <"$counted/vrrp" || return 0
  dump "$discard_process" USR2 keepalived.stats "$work/count" - parse_stats
  # One that was started anew counts from 0.
  awk '
    part == 1 { before[$2, $3] = $4; next }
    ($2, $3) in before && $4 > before[$2, $3] {
      word = $3 ~ /^(received|sent|became-master|released-master|zero-)/ ? "grew" : "discard"
      print word, $2, $3, $4 - before[$2, $3]
    }' part=1 "$counted/count" part=2 "$work/count"
}

# find_vrrp_process PID: of the daemon PID; where there is none, why.
find_vrrp_process() {
  find_vrrp=
  for find_vrrp_file in "$root/run/vrrp.pid" "$root/run/keepalived_vrrp.pid" "$root/run/keepalived/vrrp.pid" \
    "$root/run/keepalived/keepalived_vrrp.pid" "$root/var/run/vrrp.pid" "$root/var/run/keepalived_vrrp.pid"; do
    [ -r "$find_vrrp_file" ] || continue
    read -r find_vrrp <"$find_vrrp_file" || find_vrrp=
    if [ -n "$find_vrrp" ] && [ "$(parent_of "$find_vrrp")" = "$1" ]; then break; fi
    find_vrrp=
  done
  if [ -z "$find_vrrp" ]; then
    find_vrrp=$(children "$1")
    case $find_vrrp in
    '')
      say "it has no process for VRRP"
      return 1
      ;;
    *[!0-9]*)
      say "which of its processes speaks VRRP is not to be seen"
      return 1
      ;;
    esac
  fi
  # One that does not mind the signals would die of them.
  if ! minds_signals "$find_vrrp"; then
    say "process $find_vrrp does not mind signals yet"
    return 1
  fi
  say "$find_vrrp"
}

parent_of() {
  parent_line=
  { read -r parent_line <"/proc/$1/stat"; } 2>/dev/null || return 0
  parent_line=${parent_line##*) ? }
  say "${parent_line%% *}"
}

# minds_signals PID: SIGUSR1 and SIGUSR2 are caught, or blocked by who reads them from a file.
minds_signals() {
  minds=0
  while read -r minds_key minds_value; do
    case $minds_key in
    SigBlk: | SigCgt:) minds=$((minds | 0x${minds_value#"${minds_value%????}"})) ;;
    esac
  done <"/proc/$1/status" 2>/dev/null || return 1
  [ $((minds & 0xa00)) -eq $((0xa00)) ]
}

# dump PROCESS SIGNAL NAME TO OTHER PARSER: what PARSER makes of it into TO and, for what it has besides, OTHER. One at a time on a
# host, by a directory that is there anyway: a look at another cluster would take what is asked for here for a file that was there, and
# put it back, with the password in it, when nobody removes it any more.
dump() {
  : >"$4"
  if have flock && [ -d "$conf_dir" ]; then
    exec 7<"$conf_dir"
    dump_left=$dump_patience
    until flock -n 7; do
      [ "$dump_left" -gt 0 ] || return 0
      dump_left=$((dump_left - 1))
      sleep 0.1 2>/dev/null || sleep 1
    done
  fi
  dump_alone "$@"
  exec 7<&-
}

dump_alone() {
  dump_record=$examine_runs/dump
  dump_places "$1" | awk '!seen[$0]++' >"$examine_runs/places"
  while read -r dump_place; do
    [ -d "$dump_place" ] || continue
    if [ -e "$dump_place/$3" ] || [ -L "$dump_place/$3" ]; then
      # A name that is known before it is there: nothing is left of it at whatever point this ends.
      dump_aside=$dump_place/.vrrp-doctor.$$
      say "aside $dump_aside" >>"$dump_record"
      { mkdir -m 700 "$dump_aside" && mv "$dump_place/$3" "$dump_aside/$3"; } 2>/dev/null || {
        dump_end
        return 0
      }
    fi
  done <"$examine_runs/places"
  say "asked $3" >>"$dump_record"
  kill "-$2" "$1" 2>/dev/null || {
    # It is gone, and writes nothing.
    sed -n '/^aside /p' "$dump_record" >"$work/record"
    cat "$work/record" >"$dump_record"
    dump_end
    return 0
  }
  dump_left=$dump_patience
  dump_file=
  while [ "$dump_left" -gt 0 ]; do
    while read -r dump_place; do
      ! dump_is_complete "$dump_place/$3" "$1" || dump_file=$dump_place/$3
    done <"$examine_runs/places"
    [ -z "$dump_file" ] || break
    sleep 0.05 2>/dev/null || {
      sleep 1
      dump_left=$((dump_left - 19))
    }
    dump_left=$((dump_left - 1))
  done
  [ -z "$dump_file" ] || "$6" "$dump_file" "$5" >"$4"
  dump_end
}

# dump_places PROCESS: as it sees them.
dump_places() {
  dump_inside=/proc/$1/root
  dump_said=$(tr '\000' '\n' 2>/dev/null <"/proc/$1/environ" | sed -n 's/^TMPDIR=\(\/.*\)/\1/p') || dump_said=
  [ -z "$dump_said" ] || say "$dump_inside$dump_said"
  say "$dump_inside/tmp"
}

# dump_is_complete FILE PROCESS: it belongs to root, and the process has it open no more.
dump_is_complete() {
  [ -s "$1" ] && [ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] || return 1
  for dump_open in "/proc/$2/fd"/*; do
    # shellcheck disable=SC3013 # dash and busybox know it
    [ ! "$dump_open" -ef "$1" ] || return 1
  done
}

# dump_end: what was asked for is gone, and what was there is back. Also when all of this was cut short, at whatever point.
dump_end() {
  dump_record=$examine_runs/dump
  [ -s "$dump_record" ] || return 0
  dump_name=$(sed -n 's/^asked //p' "$dump_record")
  if [ -n "$dump_name" ]; then
    dump_left=20
    while [ "$dump_left" -gt 0 ] && ! dump_is_there; do
      # It may be about to write.
      sleep 0.05 2>/dev/null || sleep 1
      dump_left=$((dump_left - 1))
    done
    while read -r dump_place; do
      # Where something was put aside that is back already, what is there is not ours.
      has_line "aside $dump_place/.vrrp-doctor.$$" "$dump_record" || rm -f "$dump_place/$dump_name"
    done <"$examine_runs/places"
  fi
  while read -r dump_word dump_aside; do
    if [ "$dump_word" != aside ] || [ ! -d "$dump_aside" ] || [ -L "$dump_aside" ] || [ ! -O "$dump_aside" ]; then continue; fi
    for dump_kept in "$dump_aside"/*; do
      if [ -e "$dump_kept" ] || [ -L "$dump_kept" ]; then mv -f "$dump_kept" "${dump_aside%/*}/"; fi
    done
    rmdir "$dump_aside" 2>/dev/null || true
  done <"$dump_record"
  : >"$dump_record"
}

# dump_is_there
dump_is_there() {
  while read -r dump_place; do
    [ ! -e "$dump_place/$dump_name" ] || return 0
  done <"$examine_runs/places"
  return 1
}

# parse_stats FILE -: count INSTANCE KEY N
parse_stats() {
  awk '
    BEGIN {
      FS = ": *"
      key["Advertisements Received"] = "received"; key["Advertisements Sent"] = "sent"
      key["Became master"] = "became-master"; key["Released master"] = "released-master"
      key["Packet Errors Length"] = "packet-length"; key["Packet Errors TTL"] = "ttl"
      key["Packet Errors Invalid Type"] = "invalid-type"
      key["Packet Errors Advertisement Interval"] = "advert-interval"
      key["Packet Errors Address List"] = "address-list"
      key["Authentication Errors Invalid Type"] = "auth-invalid"
      key["Authentication Errors Type Mismatch"] = "auth-mismatch"
      key["Authentication Errors Failure"] = "auth-failed"
      key["Authentication Extension Errors Missing"] = "auth-missing"
      key["Authentication Extension Errors Malformed"] = "auth-malformed"
      key["Authentication Extension Errors Unknown Key"] = "auth-unknown-key"
      key["Authentication Extension Errors Invalid HMAC"] = "auth-hmac"
      key["Authentication Extension Errors Stale"] = "auth-stale"
      key["Authentication Extension Errors Replay"] = "auth-replay"
      key["Priority Zero Received"] = "zero-received"; key["Priority Zero Sent"] = "zero-sent"
    }
    /^VRRP Instance: / { instance = $2; next }
    instance == "" { next }
    /^  [^ ]/ { head = $1; sub(/^ +/, "", head); if ($2 != "" && head in key) print "count", instance, key[head], $2; next }
    /^    [^ ]/ { word = $1; sub(/^ +/, "", word); if ((head " " word) in key) print "count", instance, key[head " " word], $2 }' "$1"
}

# parse_data FILE OTHER: `loaded` and `state` facts; into OTHER what it says of scripts, `NAME KEY VALUE`.
parse_data() {
  awk -v other="$2" '
    function value() { sub(/^[^=]*= */, ""); return $0 }
    function tell(key, text) { print "loaded", instance, key, text }
    function end_instance() {
      if (instance == "") return
      tell("nopreempt", nopreempt)
      tell("auth", auth)
      tell("transport", unicast ? "unicast" : "multicast")
      tell("vmac", vmac)
      if (configured == "") configured = base
      tell("interface", configured)
      instance = ""
    }
    /^------</ { end_instance(); list = ""; section = $2 " " $3; next }
    section == "VRRP Topology" && /^ VRRP Instance = / {
      end_instance()
      instance = value()
      nopreempt = "no"; auth = "none"; unicast = 0; vmac = "no"; base = configured = "-"; configured = ""; list = ""
      next
    }
    instance != "" && /^   [^ ]/ {
      list = ""
      if (/^   VRRP Version = /) tell("version", value())
      else if (/^   State = /) { state = value(); tell("state", state); print "state", instance, state }
      else if (/^   Wantstate = /) tell("wanted-state", value())
      else if (/^   Flags:/) list = "flags"
      else if (/^   Use VMAC/) vmac = "yes"
      else if (/^   Interface = /) {
        base = value()
        if (match(base, / on [^ ,]+/)) base = substr(base, RSTART + 4, RLENGTH - 4)
        sub(/,.*/, "", base)
      }
      else if (/^   Configured interface = /) configured = value()
      else if (/^   Using src_ip = /) {
        tell("source-configured", / \(from configuration\)/ ? "yes" : "no")
        source = value()
        sub(/ .*/, "", source)
        tell("source", source == "(none)" ? "-" : source)
      }
      else if (/^   Virtual Router ID = /) tell("vrid", value())
      else if (/^   Priority = /) tell("priority", value())
      else if (/^   Effective priority = /) tell("effective-priority", value())
      else if (/^   Advert interval = /) { split(value(), part, " "); tell("advert-int", part[2] ~ /^milli/ ? part[1] : part[1] * 1000) }
      else if (/^   Preempt = /) nopreempt = value() == "disabled" ? "yes" : "no"
      else if (/^   Authentication type = /) { auth = value(); auth = auth == "IPSEC_AH" ? "AH" : auth == "none" ? "none" : "PASS" }
      else if (/^   Authentication extension = /) auth = "HMAC"
      else if (/^   Virtual IP Excluded/) list = "excluded"
      else if (/^   Virtual IP/) list = "vip"
      else if (/^   Unicast Peer/) { list = "peer"; unicast = 1 }
      else if (/^   Tracked scripts/) list = "track"
      next
    }
    instance != "" && /^     [^ ]/ {
      if (list == "flags" && /unicast/) unicast = 1
      else if (list == "peer" && $1 !~ /^last$/) tell("peer", $1)
      else if (list == "track") tell("track", $1)
      else if (list == "vip" || list == "excluded") {
        address = $1
        if (address !~ /\//) address = address (address ~ /:/ ? "/128" : "/32")
        dev = "-"
        for (i = 2; i < NF; i++) if ($i == "dev") { dev = $(i + 1); break }
        sub(/@.*/, "", dev)
        tell(list == "vip" ? "vip" : "vip-excluded", address " " dev)
      }
      next
    }
    section == "VRRP Scripts" && /^ VRRP Script = / { script = value(); next }
    section == "VRRP Scripts" && /^   (Interval|Timeout|Weight|Rise|Fall) = / {
      word = tolower($1)
      # 2, 2.000 sec, -11 reverse
      print script, word, value() + 0 >other
    }
    END { end_instance() }' "$1"
}
