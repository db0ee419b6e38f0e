# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # the names of common.sh and examine.sh; variables of awk
# Facts: the programs that the config names, by looking at them only: none is run here.

# Seconds for which a notify program may run.
script_patience=30

# script_facts
script_facts() {
  [ -r "$root$examine_conf" ] || return 0
  conf_programs >"$work/programs"
  script_paths "$work/programs" >"$work/paths"
  while read -r script_kind script_user script_how script_path script_fifo; do
    script_say "script $script_kind $script_path" "$(script_state)"
  done <"$work/paths"
  line_facts
}

# script_say FACT STATE
script_say() { say "$1 $2"; }

# conf_programs: KIND NAME USER TIMEOUT INTERVAL FIFO COMMAND, `-` for what is not said.
conf_programs() {
  awk -v path="$root$examine_conf" -v root="$root" "$conf_awk$programs_awk" /dev/null
}

programs_awk='
function dash(text) { return text == "" ? "-" : text }
function statement(words, word, depth, block,   name) {
  if (depth == 0) return
  name = dash(named[depth])
  if (block[1] == "global_defs") {
    if (word[1] == "script_user") user = word[2]
    if (word[1] ~ /^(vrrp_|lvs_)?notify_fifo$/) fifo[word[1] "_script"] = word[2]
    if (word[1] ~ /^(vrrp_|lvs_)?notify_fifo_script$/) { fifo_command[word[1]] = word[2]; fifo_user[word[1]] = word[3] }
    if (word[1] ~ /^(startup|shutdown)_script$/) notify("-", word[2], word[3])
    return
  }
  if (block[1] == "vrrp_script" && depth == 1) {
    if (word[1] == "script") { if (!(name in command)) order[++checks] = name; command[name] = word[2] }
    if (word[1] ~ /^(user|timeout|interval)$/) setting[name, word[1]] = word[2]
    return
  }
  if (block[1] ~ /^vrrp_(instance|sync_group)$/ && depth == 1 && word[1] ~ /^notify(_master|_backup|_fault|_stop|_deleted|_master_rx_lower_pri)?$/)
    notify(named[1], word[2], word[3])
}
function notify(name, text, who) { if (text != "") { notifies++; notify_name[notifies] = dash(name); notify_command[notifies] = text; notify_user[notifies] = who } }
END {
  take(path, 0)
  read_conf()
  for (word_of in fifo_command) print "fifo", "-", dash(fifo_user[word_of] == "" ? user : fifo_user[word_of]), "-", "-", dash(fifo[word_of]), fifo_command[word_of]
  for (i = 1; i <= notifies; i++) print "notify", notify_name[i], dash(notify_user[i] == "" ? user : notify_user[i]), "-", "-", "-", notify_command[i]
  for (i = 1; i <= checks; i++) {
    name = order[i]
    print "check", name, dash(setting[name, "user"] == "" ? user : setting[name, "user"]), dash(setting[name, "timeout"]), dash(setting[name, "interval"]), "-", command[name]
  }
}'

# script_paths PROGRAMS: KIND USER run|read PATH FIFO, each once; an interpreter reads what it is told to.
script_paths() {
  awk '
    function bare(text) { gsub(/^\047|\047$/, "", text); return text }
    {
      program = bare($7)
      if (program ~ /^</) next
      # PATH decides where a bare name is.
      if (program !~ /^\//) next
      tell("run", program)
      base = program
      sub(/.*\//, "", base)
      if (base ~ /^(env|sh|bash|dash|ash|ksh|busybox|perl|python[0-9.]*|ruby|node|lua)$/)
        for (i = 8; i <= NF; i++) if (bare($i) ~ /^\//) { tell("read", bare($i)); break }
    }
    function tell(how, path) { if (!seen[$1, path]++) print $1, $3, how, path, $6 }' "$1"
}

# script_state: of the script that script_facts is at, with the detail.
script_state() {
  script_real=$(readlink -f "$root$script_path" 2>/dev/null) || script_real=$root$script_path
  if [ ! -e "$root$script_path" ]; then
    say "missing $(script_missing_part "$script_path")"
    return 0
  fi
  [ "$script_user" != - ] || script_user=$(default_script_user)
  script_id=$(id -u "$script_user" 2>/dev/null) || {
    say "not-executable there is no user $script_user"
    return 0
  }
  if [ ! -f "$script_real" ]; then
    say "missing it is no plain file"
    return 0
  fi
  if [ "$script_how" = run ] && ! may_execute "$script_real" "$script_user" "$script_id"; then
    # shellcheck disable=SC2012
    say "not-executable $(ls -ld "$script_real" | awk '{ print substr($1, 1, 10), $3 ":" $4 }') for $script_user"
    return 0
  fi
  if [ "$script_id" = 0 ]; then
    script_open=$(open_to_others "$script_real")
    if [ -n "$script_open" ]; then
      say "insecure $script_open"
      return 0
    fi
  fi
  case $script_kind in
  fifo) fifo_evidence ;;
  notify) notify_evidence ;;
  *) say "ok $script_user" ;;
  esac
}

# script_missing_part PATH: the first part of it that is not there.
script_missing_part() {
  missing_part=
  missing_rest=${1#/}
  while :; do
    missing_part=$missing_part/${missing_rest%%/*}
    if [ ! -e "$root$missing_part" ]; then break; fi
    case $missing_rest in
    */*) missing_rest=${missing_rest#*/} ;;
    *) break ;;
    esac
  done
  say "$missing_part is not there"
}

# default_script_user: as keepalived has it where its config names none.
default_script_user() { if id keepalived_script >/dev/null 2>&1; then say keepalived_script; else say root; fi; }

# may_execute FILE USER ID: as the kernel decides.
may_execute() {
  # shellcheck disable=SC2012
  ls -ldn "$1" | awk -v id="$3" -v groups=" $(id -G "$2" 2>/dev/null) " '{
    owner = substr($1, 4, 1); group = substr($1, 7, 1); other = substr($1, 10, 1)
    if (id == 0) exit !((owner group other) ~ /[xst]/)
    if ($3 == id) exit !(owner ~ /[xs]/)
    if (index(groups, " " $4 " ")) exit !(group ~ /[xs]/)
    exit !(other ~ /[xt]/)
  }'
}

# open_to_others FILE: the first part of its path that others than root can write to, as keepalived judges it; nothing where none.
open_to_others() {
  set -- "$1"
  open_path=$1
  open_parts=$1
  while [ -n "$open_path" ] && [ "$open_path" != "$root" ]; do
    open_path=${open_path%/*}
    open_parts="${open_path:-/} $open_parts"
  done
  # shellcheck disable=SC2086,SC2012
  ls -ldn $open_parts 2>/dev/null | awk -v root="$root" '{
    kind = substr($1, 1, 1)
    path = substr($0, match($0, / \//) + 1)
    sticky = substr($1, 10, 1) ~ /[tT]/
    bad = ""
    if ($3 != 0 && root == "") bad = "its owner is " $3
    else if ((kind == "-" || (kind == "d" && !sticky)) && (($4 != 0 && substr($1, 6, 1) == "w") || substr($1, 9, 1) == "w")) bad = substr($1, 1, 10) " " $3 ":" $4
    if (bad != "") { if (root != "" && index(path, root) == 1) path = substr(path, length(root) + 1); print path, bad; exit }
  }'
}

# fifo_evidence: its reader runs, and renews what it renews.
fifo_evidence() {
  if [ -z "$examine_pid" ] || [ "$script_how" = run ] || [ "$(keepalived_age "$examine_pid")" -lt 5 ]; then
    say "ok $script_user"
    return 0
  fi
  if [ "$script_fifo" != - ] && [ -z "$(running_with "$script_path" "$script_fifo")" ]; then
    say "failing no process of it reads $script_fifo"
    return 0
  fi
  case $script_path in
  */vrrp-agent)
    fifo_age=$(cat "$run_dir"/*/*.state 2>/dev/null | awk -v now="$(now)" '
      $1 == "heartbeat" { age = now - $2; if (least == "" || age < least) least = age }
      END { print least == "" ? "-" : least }')
    if [ "$fifo_age" != - ] && [ "$fifo_age" -gt "$script_patience" ]; then
      say "hanging its last sign is $fifo_age s old"
      return 0
    fi
    ;;
  esac
  say "ok $script_user"
}

# running_with WORD WORD: pids of processes whose command line has both. `read` leaves out the NULs, at which some greps end.
running_with() {
  for running_file in /proc/[0-9]*/cmdline; do
    running_line=
    { IFS= read -r running_line <"$running_file"; } 2>/dev/null || true
    case $running_line in
    *"$1"*) ;;
    *) continue ;;
    esac
    case $running_line in
    *"$2"*)
      running_pid=${running_file#/proc/}
      say "${running_pid%/cmdline}"
      ;;
    esac
  done
}

# notify_evidence: of one that is never run by us.
notify_evidence() {
  for notify_pid in $(running_with "$script_path" "$script_path"); do
    [ "$notify_pid" != "$$" ] || continue
    notify_age=$(keepalived_age "$notify_pid" 2>/dev/null) || continue
    if [ "${notify_age:-0}" -gt "$script_patience" ]; then
      say "hanging process $notify_pid has been running for $notify_age s"
      return 0
    fi
  done
  notify_first=
  { IFS= read -r notify_first <"$script_real"; } 2>/dev/null || true
  case $notify_first in
  '#!'*)
    notify_words=${notify_first#??}
    # shellcheck disable=SC2086
    set -- $notify_words
    if [ -n "${1-}" ] && [ ! -x "$root$1" ] && [ ! -x "$1" ]; then
      say "failing its interpreter $1 is not there"
      return 0
    fi
    case ${1##*/} in
    sh | bash | dash | ash)
      if ! "$1" -n "$script_real" >"$work/words" 2>&1; then
        say "failing $(head -n 1 "$work/words" | one_line_of)"
        return 0
      fi
      notify_end=$(ends_with_error "$script_real")
      if [ -n "$notify_end" ]; then
        say "failing $notify_end"
        return 0
      fi
      ;;
    esac
    ;;
  esac
  say "ok $script_user"
}

# ends_with_error FILE: the unconditional end of a shell script, where that is an error.
ends_with_error() {
  awk '
    /^[ \t]*(#|$)/ { next }
    { line = NR; text = $0 }
    /^exit [1-9][0-9]*[ \t]*(#.*)?$/ { print "line " NR " is " $1 " " $2; told = 1; exit }
    END { if (!told && text ~ /^(false|exit [1-9])/) print "line " line " is " text }' "$1"
}
