# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh, role.sh and queue.sh
# An action of kind mail: a mail for each change of the role, through the queue.
#   from ADDRESS
#   to ADDRESS                 (a line for each)
#   on master|backup|both
#   server smtp://HOST:PORT|smtps://HOST:PORT      (else by sendmail of this host)
#   starttls yes|no            (of smtp://: not without TLS)
#   username NAME
# and, secret:
#   password TEXT

mail_promote() { tell_role master; }
mail_demote() { tell_role backup; }
mail_reached() { [ "$(told_role)" = "$1" ]; }
mail_forget() { forget_queue; }

mail_send() {
  mail_text >"$work/mail"
  if [ -n "$(setting server)" ]; then mail_by_smtp; else mail_by_sendmail; fi
}

# mail_line TEXT: ends no header, whatever is in it.
mail_line() { printf '%s' "$1" | tr '\000-\037\177' ' '; }

# mail_text: RFC 5322. The id is that of the message: a mail that comes twice shows as one.
mail_text() {
  mail_from=$(mail_line "$(setting from)")
  mail_was=$(mail_line "$message_from")
  case $mail_was in
  none) mail_was= ;;
  *) mail_was=" (was $mail_was)" ;;
  esac
  cat <<MAIL
Date: $(LC_ALL=C date -u -d "@$message_at" '+%a, %d %b %Y %H:%M:%S +0000')
From: $mail_from
To: $(setting to | awk '{ gsub(/[[:cntrl:]]/, " "); printf "%s%s", (NR > 1 ? ",\n " : ""), $0 }')
Subject: [$cluster] $node is $message_role$mail_was
Message-ID: <$message_id@${mail_from##*@}>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

$node is $message_role of the cluster $cluster since $(utc "$message_at")$mail_was.

Addresses: $(mail_line "$message_address")
Cause:     $(mail_line "$message_cause")

What happened before: /var/log/vrrp-agent/events.jsonl on $node; how it is now: vrrp-agent status.
MAIL
}

mail_by_sendmail() {
  timeout=$action_timeout
  begin_limit
  mail_status=0
  # What a shell starts in the background, as `limited` may, reads nothing but what it opens itself.
  # shellcheck disable=SC2016
  limited "$((action_timeout * 10))" sh -c 'exec sendmail -i -t -f "$1" <"$2"' sh "$(setting from)" "$work/mail" \
    >"$work/words" 2>&1 4>&- || mail_status=$?
  [ "$mail_status" -ne 0 ] || return 0
  why="sendmail ended with $mail_status: $(one_line <"$work/words")"
  ! was_late "$mail_status" || why="sendmail did not end within $action_timeout s"
  return 1
}

mail_by_smtp() {
  sed 's/$/\r/' "$work/mail" >"$work/mail.crlf"
  {
    say "url $(setting server)"
    say "proto =smtp,smtps"
    say "connect-timeout 5"
    say "max-time $action_timeout"
    say "mail-from $(setting from)"
    setting to | sed 's/^/mail-rcpt /'
    say "upload-file $work/mail.crlf"
    [ -z "$(setting username)" ] || say "user $(setting username):$(setting password)"
  } | curl_config >"$work/curl.conf"
  {
    [ "$(setting starttls)" != yes ] || say ssl-reqd
    # One wrong recipient is no reason to leave out the others.
    ! curl --help all 2>/dev/null | grep -q -e --mail-rcpt-allowfails || say mail-rcpt-allowfails
  } >>"$work/curl.conf"
  mail_status=0
  curl_run <"$work/curl.conf" || mail_status=$?
  rm -f "$work/curl.conf"
  [ "$mail_status" -ne 0 ] || return 0
  why="$curl_words"
  # What an SMTP server refuses with 5yz it refuses again.
  case $why in
  *' failed: 5'[0-9][0-9]*) return 3 ;;
  esac
  return 1
}

mail_test() {
  case $(setting server) in
  smtps://*) curl_test smtps ;;
  smtp://*) curl_test smtp ;;
  *)
    have sendmail ||
      fail "role: the action $name sends by sendmail, which is not on this host; install a mail server, or give server: smtp://HOST:PORT"
    ;;
  esac
}
