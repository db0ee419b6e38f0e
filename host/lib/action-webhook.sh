# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh, role.sh and queue.sh
# An action of kind webhook: a request to an HTTP server for each change of the role, through the queue.
#   method POST|PUT|PATCH
#   on master|backup|both
#   current yes|no             (yes: not sent once the node has another role)
#   address ADDRESS            (what ${address} is on this node; else the addresses that move)
#   source FILE                (the body, a template; else a JSON object)
# and, secret:
#   url URL
#   header NAME: VALUE
#   secret TEXT                (signs the body)

webhook_promote() { tell_role master; }
webhook_demote() { tell_role backup; }
webhook_reached() { [ "$(told_role)" = "$1" ]; }
webhook_forget() { forget_queue; }

# The names are those of the template.
# shellcheck disable=SC2016
webhook_default='{"id":"${id}","cluster":"${cluster}","node":"${node}","role":"${role}","from":"${from}","time":"${time}","address":"${address}","cause":"${cause}"}'

webhook_send() {
  if [ "$(setting current)" = yes ] && ! wants "$message_role"; then
    why="the node is not $message_role any more"
    return 4
  fi
  webhook_url=$(setting url)
  case $webhook_url in
  http://* | https://*) ;;
  *)
    why="its url is of neither http nor https"
    return 3
    ;;
  esac
  setting header >"$work/headers"
  webhook_body
  {
    say "url $webhook_url"
    say "request $(setting method)"
    say "data-binary @$work/body"
    say "proto =http,https"
    say "connect-timeout 5"
    say "max-time $action_timeout"
    say "output /dev/null"
    say "write-out %{http_code}"
    [ -n "$webhook_type" ] || say "header Content-Type: application/json"
    say "header X-Vrrp-Id: $message_id"
    sed 's/^/header /' "$work/headers"
    webhook_signature
  } | curl_config >"$work/curl.conf"
  if ! curl_run <"$work/curl.conf"; then
    rm -f "$work/curl.conf"
    why="$curl_words"
    return 1
  fi
  rm -f "$work/curl.conf"
  webhook_code=$(cat "$work/curl.out")
  case $webhook_code in
  2??) return 0 ;;
  408 | 425 | 429) ;;
  4??)
    why="the receiver answered with HTTP $webhook_code, and will again; correct url, headers or body"
    return 3
    ;;
  3??)
    why="the receiver answered with HTTP $webhook_code, and no redirection is followed; give the url that it leads to"
    return 1
    ;;
  esac
  why="the receiver answered with HTTP $webhook_code"
  return 1
}

# webhook_body: the template with its values, as the body's type wants them: what is put into JSON cannot leave its string.
webhook_body() {
  webhook_type=$(sed -n 's/^[Cc][Oo][Nn][Tt][Ee][Nn][Tt]-[Tt][Yy][Pp][Ee]: *//p' "$work/headers")
  webhook_source=$(setting source)
  if [ -n "$webhook_source" ]; then cat "$root$webhook_source"; else printf '%s' "$webhook_default"; fi >"$work/template"
  {
    sed 's/^at .*//' "$message_file"
    say "node $node"
    say "cluster $cluster"
    say "time $(utc "$message_at")"
  } | tr '\000-\011\013-\037\177' ' ' | LC_ALL=C awk -v type="$webhook_type" '
    function quoted(text,   i, c, out) {
      if (type == "" || type ~ /json/) {
        gsub(/\\/, "&&", text)
        gsub(/"/, "\\\"", text)
      } else if (type ~ /^application\/x-www-form-urlencoded/) {
        for (i = 1; i <= length(text); i++) {
          c = substr(text, i, 1)
          out = out (c ~ /[A-Za-z0-9_.~-]/ ? c : sprintf("%%%02X", code[c]))
        }
        return out
      }
      return text
    }
    BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
    part == 1 {
      key = $1
      sub(/^[^ ]+ ?/, "")
      value[key] = quoted($0)
      next
    }
    {
      line = $0
      out = ""
      while (match(line, /\$[{](id|role|from|node|cluster|time|address|cause)[}]/)) {
        out = out substr(line, 1, RSTART - 1) value[substr(line, RSTART + 2, RLENGTH - 3)]
        line = substr(line, RSTART + RLENGTH)
      }
      printf "%s%s%s", count++ ? "\n" : "", out, line
    }' part=1 - part=2 "$work/template" >"$work/body"
}

# webhook_signature: the time is signed with the body, so that nobody can send it again later.
webhook_signature() {
  webhook_secret=$(setting secret)
  [ -n "$webhook_secret" ] || return 0
  webhook_time=$(now)
  say "header X-Vrrp-Timestamp: $webhook_time"
  say "header X-Vrrp-Signature: sha256=$({
    printf '%s.' "$webhook_time"
    cat "$work/body"
  } | hmac_sha256 "$webhook_secret")"
}

# hmac_sha256 KEY <TEXT: RFC 2104. openssl takes the key as an argument, which everybody on the host can read.
hmac_sha256() {
  hmac_key=$(printf '%s' "$1" | LC_ALL=C awk '
    BEGIN { for (i = 1; i < 256; i++) code[sprintf("%c", i)] = i }
    { for (i = 1; i <= length($0); i++) printf "%02x", code[substr($0, i, 1)] }')
  [ "${#hmac_key}" -le 128 ] || hmac_key=$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1)
  {
    hmac_pad 54
    cat
  } | sha256sum >"$work/hmac"
  read -r hmac_inner _ <"$work/hmac"
  {
    hmac_pad 92
    hmac_bytes "$hmac_inner"
  } | sha256sum | cut -d ' ' -f 1
}

# hmac_pad BYTE: the key, filled up to 64 bytes, with each of its bytes exclusive-or BYTE.
hmac_pad() {
  hmac_octal "$hmac_key" "$1" 64
}

hmac_bytes() { hmac_octal "$1" 0 0; }

# hmac_octal HEX BYTE LENGTH: printf is the shell's own: nothing of it is an argument of a process.
hmac_octal() {
  printf %b "$(printf '%s' "$1" | awk -v pad="$2" -v fill="$3" '
    function digit(c) { return index("0123456789abcdef", c) - 1 }
    function exclusive(a, b,   bit, out) {
      for (bit = 1; bit < 256; bit *= 2) out += (int(a / bit) % 2 != int(b / bit) % 2) * bit
      return out
    }
    { hex = $0 }
    END {
      count = length(hex) / 2
      for (i = 0; i < (count > fill ? count : fill); i++) {
        byte = i < count ? digit(substr(hex, 2 * i + 1, 1)) * 16 + digit(substr(hex, 2 * i + 2, 1)) : 0
        printf "\\0%03o", exclusive(byte, pad)
      }
    }')"
}

webhook_test() {
  case $(setting url) in
  https://*) curl_test https ;;
  *) curl_test http ;;
  esac
}
