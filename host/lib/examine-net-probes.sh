# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# examine: echo requests to the peers, and those that the table turns into probes.

# probes_begin: all at once, until the window is over.
probes_begin() {
  have ping || {
    net_lacks ping "whether peers answer, and what passes without former adverts"
    return 0
  }
  # Two probes for each echo request; in milliseconds between probes.
  probe_targets=$(($(wc -l <"$net_dir/targets")))
  probe_echoes=$(($(grep -c '^unicast ' "$net_dir/targets" || true)))
  if [ -z "$net_table" ] || [ "$table_track" = silent ]; then
    probe_targets=0
  elif grep -q '^[[:space:]]*log_unknown_vrids' "$root${examine_conf:-/etc/keepalived/keepalived.conf}" 2>/dev/null; then
    net_lacks log_unknown_vrids "what would pass without former adverts: keepalived writes each probe into its log"
    probe_targets=0
  fi
  # busybox may know whole seconds only.
  probe_fine=no
  ! ping_takes -i 0.2 || probe_fine=yes
  # One a second goes to ask for each virtual address; tunnels have their own share.
  probe_budget=$((net_budget - $(wc -l <"$net_dir/vips") - tunnel_rate))
  [ "$probe_budget" -ge 4 ] || probe_budget=4
  probe_pace=$(((2 * probe_targets + probe_echoes) * 1000 / (2 * probe_budget)))
  [ "$probe_pace" -ge 100 ] || probe_pace=100
  while read -r probe_how probe_address probe_dev _; do
    [ -d "$root/sys/class/net/$probe_dev" ] || continue
    [ "$probe_targets" -eq 0 ] || net_go probes send_probes "$probe_address" "$probe_dev" "$probe_pace"
    [ "$probe_how" != unicast ] ||
      net_go echoes echo_peer "$probe_address" "$probe_dev" $((2 * probe_pace)) >"$net_dir/echo.$probe_address"
  done <"$net_dir/targets"
}

# ping_paced MILLISECONDS END WORD...: so many as fit between now and END milliseconds before the window ends.
ping_paced() {
  paced_pace=$1 paced_time=$((${examine_window:-3} * 1000 - $2))
  shift 2
  if [ "$probe_fine" = yes ]; then
    paced_count=$((paced_time / paced_pace + 1))
    paced_pace=$((paced_pace / 1000)).$(printf %03d $((paced_pace % 1000)))
  else
    paced_pace=$(((paced_pace + 999) / 1000))
    paced_count=$((paced_time / 1000 / paced_pace + 1))
  fi
  exec ping -q -c "$paced_count" -i "$paced_pace" -W 1 "$@"
}

# ping_takes WORD...: by what it says of them where there is nothing to send.
ping_takes() { ! ping -4 -c 1 "$@" ::1 2>&1 </dev/null | grep -q -i -E 'invalid|unrecognized|illegal|bad (number|value|linger|timing)|usage'; }

# ping_version ADDRESS
ping_version() { case $1 in *:*) say -6 ;; *) say -4 ;; esac; }

# send_probes ADDRESS DEV MILLISECONDS
send_probes() {
  ping_paced "$3" 0 "$(ping_version "$1")" -s "$probe_size" -p "$probe_byte" -I "$2" "$1" >/dev/null
}

# echo_peer ADDRESS DEV MILLISECONDS: none that is on its way at the end of the window is taken for lost.
echo_peer() { ping_paced "$3" 700 "$(ping_version "$1")" -I "$2" "$1"; }

# probes_end: SIGINT has ping tell what it has; the others are of no use any more.
probes_end() {
  net_signal probes TERM
  net_signal echoes INT
}

echo_facts() {
  while read -r echo_name echo_address; do
    [ -s "$net_dir/echo.$echo_address" ] || continue
    say "echo $echo_name $echo_address $(echo_result <"$net_dir/echo.$echo_address")"
  done <"$net_dir/peers"
}

# echo_result: a filter of what ping says.
echo_result() {
  awk '
    match($0, /[0-9.]+% packet loss/) { loss = substr($0, RSTART); sub(/%.*/, "", loss); loss += 0; seen = 1 }
    END {
      if (!seen || loss >= 100) print "no"
      else if (loss > 0) printf "yes %d%%\n", (loss < 1 ? 1 : loss + 0.5)
      else print "yes"
    }'
}
