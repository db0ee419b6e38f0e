# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh, role.sh and actions.sh
# Messages to who may be slow, or away for days: an action puts them into a queue, which never waits, and `vrrp-agent deliver CLUSTER
# ACTION` sends them, a process of its own, so that no receiver keeps a role waiting. Kinds with a queue define
#   KIND_send      sends $message_file: 0 sent, 1 to be tried again, 3 given up, 4 of no use any more; `why` says more
#
# /var/lib/vrrp-agent/CLUSTER/role/NAME/      (on OpenWrt that is memory: there a reboot forgets what waits)
#   queue/NUMBER   KEY VALUE: id, at, up, boot, and the kind's own; no secrets; sent by their numbers
#   told           the role that was told last
# /run/vrrp-agent/CLUSTER/role/actions/NAME.d/
#   sending        the sender's lock
#   delay          UPTIME TRIES, WORDS: the first of the queue is not tried before then

# Messages of one action, and seconds; what is more, or older, is dropped.
queue_most=${VRRP_QUEUE_MESSAGES:-1000}
queue_oldest=604800
# Seconds before the second try; each further one waits for twice as long, up to 5 minutes.
queue_delay=5
queue_delay_most=300

# load_message: the one that is being sent.
load_message() {
  message_id='' message_at=0 message_up=0 message_boot='' message_role='' message_from='' message_address='' message_cause=''
  message_claim=''
  while read -r message_key message_value; do
    case $message_key in
    id) message_id=$message_value ;;
    at) message_at=$message_value ;;
    up) message_up=$message_value ;;
    boot) message_boot=$message_value ;;
    role) message_role=$message_value ;;
    from) message_from=$message_value ;;
    address) message_address=$message_value ;;
    cause) message_cause=$message_value ;;
    claim) message_claim=$message_value ;;
    esac
  done <"$message_file"
}

# one_line <WORDS: up to 200 characters of them, as a line of a file has them.
one_line() { tr '\000-\037\177' ' ' | cut -c 1-200 | sed 's/ *$//'; }

# random_id: 32 hex digits.
random_id() { head -c 16 /dev/urandom | sha256sum | cut -c 1-32; }

# queued DIRECTORY: how many; queue_first and queue_last are their files.
queued() {
  set -- "$1"/[0-9]*
  queue_first=$1
  queue_count=0
  [ -e "$1" ] || return 0
  queue_count=$#
  shift $(($# - 1))
  queue_last=$1
}

# enqueue <MESSAGE: to be sent behind those that wait.
enqueue() {
  queue=$action_dir/queue
  [ -d "$queue" ] || (umask 077 && mkdir -p "$queue") || return 1
  (
    umask 077
    {
      printf 'id %s\nat %s\nup %s\nboot %s\n' "$(random_id)" "$(now)" "$(uptime_ms)" "$(boot_id)"
      cat
    } | write_file "$action_dir/message"
  ) || return 1
  queued "$queue"
  while [ "$queue_count" -ge "$queue_most" ]; do
    rm -f "$queue_first"
    role_event dropped "the oldest of $queue_count messages that wait, which is as many as are kept"
    queued "$queue"
  done
  queue_number=0
  if [ "$queue_count" -gt 0 ]; then
    queue_number=${queue_last##*/}
    queue_number=${queue_number#"${queue_number%%[!0]*}"}
  fi
  mv -f "$action_dir/message" "$queue/$(printf %010d $((queue_number + 1)))" || return 1
  sync "$queue" 2>/dev/null || true
  # A role has changed: who was away may be there again.
  rm -f "$action_run/delay"
  start_sender
}

# start_sender: of the action `name`. Neither the end of this process nor its time limit is the sender's.
start_sender() {
  sender_session=$(! have setsid || say setsid)
  $sender_session "$here/vrrp-agent" deliver "$cluster" "$name" </dev/null >/dev/null 2>&1 4>&- 5>&- 6>&- &
}

# send_queued: of the loop, for those whose time has come.
send_queued() {
  for queue in "$role_state_dir"/*/queue; do
    queued "$queue"
    [ "$queue_count" -gt 0 ] || continue
    name=${queue%/queue}
    name=${name##*/}
    sent_before=0
    [ ! -e "$role_dir/actions/$name.d/delay" ] || read -r sent_before _ <"$role_dir/actions/$name.d/delay" || continue
    [ "$(uptime)" -lt "$sent_before" ] || start_sender
  done
}

# verb_deliver CLUSTER ACTION: sends what waits, up to the first that cannot be sent.
verb_deliver() {
  check_name cluster "$1"
  check_name action "$2"
  use_role "$1"
  umask 022
  make_work
  chmod 700 "$work"
  use_action "$conf" "$2"
  is_function "${kind}_send" || fail "the action $2 sends nothing"
  action_timeout=$(printf '%s\n' "$settings" | awk '$1 == "action" { print $4; exit }')
  queue=$action_dir/queue
  mkdir -p "$action_run"
  exec 4>>"$action_run/sending"
  flock -n 4 || return 0
  while :; do
    queued "$queue"
    [ "$queue_count" -gt 0 ] || return 0
    deliver_first || return 0
  done
}

# deliver_first: fails where it is to be tried again later.
deliver_first() {
  message_file=$work/message
  # Gone meanwhile: the oldest of too many.
  cp "$queue_first" "$message_file" 2>/dev/null || return 0
  load_message
  role_wanted=$message_role
  why=
  message_age
  deliver_status=0
  if [ "$message_seconds" -gt "$queue_oldest" ]; then
    deliver_status=4
    why="it is older than $((queue_oldest / 86400)) days"
  else
    "${kind}_send" || deliver_status=$?
  fi
  case $deliver_status in
  0) role_event_of ACTION "$name" sent "$message_ms" "$why" ;;
  3) role_event_of ACTION "$name" given-up "$message_ms" "$why" ;;
  4) role_event_of ACTION "$name" dropped "$message_ms" "$why" ;;
  *)
    put_off
    return 1
    ;;
  esac
  rm -f "$queue_first" "$action_run/delay"
  sync "$queue" 2>/dev/null || true
}

# put_off: an event for what is new only, not for each try.
put_off() {
  off_tries=0 off_words=
  [ ! -e "$action_run/delay" ] || {
    read -r _ off_tries
    read -r off_words || true
  } <"$action_run/delay" || off_tries=0
  off_wait=$((off_tries < 6 ? queue_delay << off_tries : queue_delay_most))
  if [ "$off_tries" -eq 0 ] || [ "$off_words" != "$why" ]; then
    role_event_of ACTION "$name" failed "$message_ms" "$why; it waits, $((queue_count - 1)) behind it, and is tried again"
  fi
  printf '%s %s\n%s\n' "$(($(uptime) + off_wait))" "$((off_tries + 1))" "$why" | write_file "$action_run/delay"
}

# message_age: message_ms and message_seconds. Since the boot no change of the clock counts; before, a clock that was never set tells
# nothing.
message_age() {
  if [ "$message_boot" = "$(boot_id)" ]; then
    message_ms=$(($(uptime_ms) - message_up))
  elif [ "$message_at" -lt 1600000000 ] || [ "$(now)" -lt "$message_at" ]; then
    message_ms=0
  else
    message_ms=$((($(now) - message_at) * 1000))
  fi
  message_seconds=$((message_ms / 1000))
}

# queue_words NAME: for status.
queue_words() {
  queued "$role_state_dir/$1/queue"
  [ "$queue_count" -gt 0 ] || return 0
  queue_since=$(sed -n 's/^at //p' "$queue_first" 2>/dev/null)
  queue_why=$(sed -n 2p "$role_dir/actions/$1.d/delay" 2>/dev/null) || true
  say "$queue_count wait, the first since $(utc "${queue_since:-0}")${queue_why:+: $queue_why}"
}

# What webhook and mail share: a message for each change of the role.

# tell_role ROLE
tell_role() {
  tell_from=$(told_role)
  [ "$tell_from" != "$1" ] || return 0
  case $(setting on) in
  both | "$1")
    enqueue <<MESSAGE || {
role $1
from $tell_from
address $(role_addresses)
cause $(sed -n 's/^cause //p' "$role_dir/state" 2>/dev/null | one_line)
MESSAGE
      why="cannot keep the message; make room on the file system of $action_dir"
      return 1
    }
    why="queued"
    ;;
  esac
  say "$1" | write_file "$action_dir/told"
  sync "$action_dir" 2>/dev/null || true
}

told_role() { cat "$action_dir/told" 2>/dev/null || say none; }

# role_addresses: this node's own where the spec gives one, else those that move.
role_addresses() {
  setting address | grep . || awk '
    NR == FNR { if ($1 == "role") for (i = 3; i <= NF; i++) counts[$i] = 1; next }
    $1 == "vip" && $2 in counts { sub(/\/.*/, "", $3); text = text (text == "" ? "" : ", ") $3 }
    END { print text }' "$conf" "$conf"
}

# forget_queue: nobody sends it any more.
forget_queue() {
  queued "$action_dir/queue"
  [ "$queue_count" -eq 0 ] || role_event dropped "$queue_count messages that waited: the action is no longer in the spec"
  rm -rf "$action_dir/queue" "$action_dir/told"
}

# curl_config <WORDS: lines `OPTION VALUE` as curl's config has them. `--config -` keeps every word out of the argument list.
curl_config() {
  tr -d '\000-\010\013-\037\177' | awk '
    { option = $1; sub(/^[^ ]+ /, ""); gsub(/\\/, "&&"); gsub(/"/, "\\\""); printf "%s = \"%s\"\n", option, $0 }'
}

# curl_run <CONFIG: why holds curl's own words. They name hosts, neither paths nor headers.
curl_run() {
  curl_status=0
  curl -q --silent --show-error --globoff --config - 2>"$work/curl.words" >"$work/curl.out" 4>&- || curl_status=$?
  curl_words=$(tail -n 1 "$work/curl.words" | one_line)
  [ "$curl_status" -eq 0 ]
}

# curl_test PROTOCOL
curl_test() {
  have curl || fail "role: the action $name needs curl, which is not on this host; install it"
  curl -V 2>/dev/null | sed -n 's/^Protocols: / /p' | grep -q -w "$1" ||
    fail "role: the action $name needs $1, which curl on this host was built without; install another curl"
}
