# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# Facts: each check run now, as keepalived runs it: its user, its time-out, its group killed at the end. What a check remembers, and
# what it tells, is not touched: it has a copy (VRRP_LOOK, see checks.sh).

# Seconds that any other script may take at most.
run_limit=5

# check_runs: all side by side, told in the order of the config.
check_runs() {
  [ -r "$root$examine_conf" ] || return 0
  conf_programs | awk '$1 == "check" && $7 !~ /^</' >"$work/checks"
  [ -s "$work/checks" ] || return 0
  [ ! -e "$conf" ] || awk '$1 == "check" { print $2, $3 }' "$conf" >"$work/kinds"
  timeout=$run_limit
  begin_limit
  # Users other than root look there.
  chmod 711 "$work" "${work%/*}"
  mkdir -m 755 "$work/look"
  # Where a session has another path, a check that fails for keepalived would pass.
  tr '\000' '\n' 2>/dev/null <"/proc/${examine_pid:-none}/environ" |
    grep -E '^(PATH|HOME|LANG|LC_[A-Z]+|TMPDIR)=' >"$work/environment" || true
  run_pids=
  run_count=0
  while read -r _ run_name run_user run_timeout run_interval _ run_command; do
    run_count=$((run_count + 1))
    # A round of votes is no look.
    ! has_line "$run_name witness" "$work/kinds" || continue
    check_run_one >"$work/run.$run_count" </dev/null &
    run_pids="$run_pids $!"
  done <"$work/checks"
  for run_pid in $run_pids; do wait "$run_pid" || true; done
  run_index=0
  while [ "$run_index" -lt "$run_count" ]; do
    run_index=$((run_index + 1))
    [ ! -s "$work/run.$run_index" ] || cat "$work/run.$run_index"
  done
}

# check_run_one: the one that check_runs is at.
check_run_one() {
  run_seconds=$run_timeout
  [ "$run_seconds" != - ] || run_seconds=$run_interval
  run_seconds=${run_seconds%%.*}
  case $run_seconds in '' | *[!0-9]* | 0) run_seconds=1 ;; esac
  run_look=$work/look/$run_count run_allowed=
  mkdir -m 755 "$run_look"
  case $run_command in
  */vrrp-check" $examine_cluster $run_name")
    for run_state in "$(checks_dir "$examine_cluster")/$run_name" "$(checks_dir "$examine_cluster")/.$run_name".*; do
      [ ! -f "$run_state" ] || cp "$run_state" "$run_look/" 2>/dev/null || true
    done
    chmod -R a+rX "$run_look"
    ;;
  *)
    if [ "$run_seconds" -gt "$run_limit" ]; then
      run_allowed=$run_seconds
      run_seconds=$run_limit
    fi
    ;;
  esac
  command_words "$run_command" >"$run_look.words"
  set --
  while IFS= read -r run_word; do set -- "$@" "$run_word"; done <"$run_look.words"
  while IFS= read -r run_word; do set -- "$run_word" "$@"; done <"$work/environment"
  set -- env -u SSH_CONNECTION -u SSH_CLIENT -u SSH_TTY -u LC_ALL "$@"
  [ "$run_user" != - ] || run_user=$(default_script_user)
  if [ "$run_user" != root ] && [ "$(id -u)" = 0 ]; then
    # busybox has one that can change no user.
    if setpriv --reuid="$run_user" --clear-groups true 2>/dev/null; then
      set -- setpriv --reuid="$run_user" --regid="$(id -g "$run_user" 2>/dev/null)" --clear-groups "$@"
    elif chroot --userspec="$run_user" / true 2>/dev/null; then
      set -- chroot --userspec="$run_user:$(id -g "$run_user")" --groups= / "$@"
    else
      say "lacks setpriv how $run_name ends as $run_user"
      return 0
    fi
  fi
  run_began=$(uptime_ms)
  run_status=0
  cd /
  VRRP_LOOK=$run_look limited "$((run_seconds * 10))" "$@" >"$run_look.output" 2>&1 </dev/null || run_status=$?
  run_ms=$(($(uptime_ms) - run_began))
  run_words=$(one_line_of <"$run_look.output")
  if [ -n "$run_allowed" ] && was_late "$run_status"; then
    say "lacks patience how $run_name ends: it may take $run_allowed s, and a look waits for $run_seconds"
    return 0
  fi
  if was_late "$run_status"; then
    run_verdict=hanging
    run_words="did not end within $run_seconds s"
  else
    case $run_status in
    0) run_verdict=passing ;;
    126 | 127) run_verdict=broken ;;
    *) run_verdict=failing ;;
    esac
    case $run_command in
    */vrrp-check" $examine_cluster $run_name")
      # Its last line is: look VERDICT BROKEN WHY.
      run_said=$(sed -n 's/^look //p' "$run_look.output" | tail -n 1 | one_line_of)
      if [ -n "$run_said" ]; then
        run_words=${run_said#* }
        run_broken=${run_words%% *}
        case $run_words in *' '*) run_words=${run_words#* } ;; *) run_words= ;; esac
        [ "$run_broken" = no ] || run_verdict=broken
        case $run_words in *'did not end in time'*) run_verdict=hanging ;; esac
      elif [ "$run_status" -ne 0 ]; then
        run_verdict=broken
      fi
      ;;
    *) [ -n "$run_words" ] || [ "$run_status" -eq 0 ] || run_words="ended with $run_status" ;;
    esac
  fi
  say "check-run $run_name $run_verdict $run_ms${run_words:+ $run_words}"
}

# command_words TEXT: as keepalived takes a command apart, one a line: at blanks, but for those in single quotes.
command_words() {
  printf '%s\n' "$1" | awk '{
    word = ""; quoted = begun = 0
    for (i = 1; i <= length($0) + 1; i++) {
      c = i > length($0) ? " " : substr($0, i, 1)
      if (c == "\047") { quoted = !quoted; begun = 1; continue }
      if (!quoted && (c == " " || c == "\t")) {
        if (begun) print word
        word = ""; begun = 0
        continue
      }
      word = word c; begun = 1
    }
  }'
}
