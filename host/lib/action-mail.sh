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
mail_line() { printf '%s' "$1" | tr '[:cntrl:]' ' '; }

# mail_text: RFC 5322. The id is that of the message: a mail that comes twice shows as one.
mail_text() {
  mail_from=$(mail_line "$(setting from)")
  mail_role=$(message role)
  mail_was=$(mail_line "$(message from)")
  case $mail_was in
  none) mail_was= ;;
  *) mail_was=" (was $mail_was)" ;;
  esac
  cat <<MAIL
Date: $(LC_ALL=C date -u -d "@$(message at)" '+%a, %d %b %Y %H:%M:%S +0000')
From: $mail_from
To: $(setting to | awk '{ gsub(/[[:cntrl:]]/, " "); printf "%s%s", NR > 1 ? ",\n " : "", $0 }')
Subject: [$cluster] $node is $mail_role$mail_was
Message-ID: <$(message id)@${mail_from##*@}>
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

$node is $mail_role of the cluster $cluster since $(utc "$(message at)")$mail_was.

Addresses: $(mail_line "$(message address)")
Cause:     $(mail_line "$(message cause)")

What happened before: /var/log/vrrp-agent/events.jsonl on $node; how it is now: vrrp-agent status.
MAIL
}

mail_by_sendmail() {
  timeout=$action_timeout
  begin_limit
  mail_status=0
  limited "$((action_timeout * 10))" sendmail -i -t -f "$(setting from)" <"$work/mail" >"$work/words" 2>&1 4>&- || mail_status=$?
  [ "$mail_status" -ne 0 ] || return 0
  why="sendmail ended with $mail_status: $(tr '[:cntrl:]' ' ' <"$work/words" | cut -c 1-200)"
  ! was_late "$mail_status" || why="sendmail did not end within $action_timeout s"
  return 1
}

mail_by_smtp() {
  sed 's/$/\r/' "$work/mail" >"$work/mail.crlf"
  {
    curl_word url "$(setting server)"
    curl_word proto =smtp,smtps
    curl_word connect-timeout 5
    curl_word max-time "$action_timeout"
    curl_word mail-from "$(setting from)"
    setting to | while IFS= read -r mail_to; do curl_word mail-rcpt "$mail_to"; done
    # One wrong recipient is no reason to leave out the others.
    ! curl --help all 2>/dev/null | grep -q -e --mail-rcpt-allowfails || say mail-rcpt-allowfails
    curl_word upload-file "$work/mail.crlf"
    [ "$(setting starttls)" != yes ] || say ssl-reqd
    [ -z "$(setting username)" ] || curl_word user "$(setting username):$(setting password)"
  } >"$work/curl.conf"
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
