# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# ufw, through its own command, which writes a rule down and puts it in force. Ours are the first, so that nobody's deny stands
# before them, and have the comment vrrp-agent:CLUSTER:DIGEST. /etc/ufw/user.rules and user6.rules have each as
#   ### tuple ### [route:]allow PROTOCOL PORT TO SOURCE-PORT FROM in|out[_DEV] [comment=HEX]
# A rule that somebody else has made already is left alone, and is enough.

ufw_files="$root/etc/ufw/user.rules $root/etc/ufw/user6.rules"

ufw_active() { have ufw && ufw status 2>/dev/null </dev/null 8>&- 9>&- | grep -q '^Status: active'; }

# `vrrp-agent:` in hexadecimal, as a comment is kept.
ufw_mark=767272702d6167656e743a

# shellcheck disable=SC2086
ufw_has_ours() { have ufw && grep -q -s " comment=$ufw_mark" $ufw_files; }

# ufw_tuples: all rules, without what stands before them.
# shellcheck disable=SC2086
ufw_tuples() { sed -n 's/^### tuple ### //p' $ufw_files 2>/dev/null || true; }

# ufw_wanted WANTED: COMMENT CHAIN-HOOK 4|6 TUPLE. Echo requests have a rule of ufw's own, in before6.rules, and none that its
# command could make.
ufw_wanted() {
  spelled_rules "$1" >"$work/ufw-spelled" || fail "a rule cannot be read" "$work/ufw-spelled"
  ufw_vrrp=vrrp
  ufw_knows_vrrp || ufw_vrrp=any
  awk -v vrrp="$ufw_vrrp" '
    $8 == "echo-request" { next }
    function at(address) { return address != "-" ? address : $2 == 4 ? "0.0.0.0/0" : "::/0" }
    function port(number) { return number == "-" ? "any" : number }
    {
      where = $3 == "output" ? "out" : "in"
      if ($3 == "forward" && $4 == "-") where = "out"
      dev = where == "in" ? $4 : $5
      print $1, $3, $2, ($3 == "forward" ? "route:allow" : "allow"), ($8 == "-" ? "any" : $8 == 112 ? vrrp : $8), \
        port($10), at($7), port($9), at($6), where (dev == "-" ? "" : "_" dev)
    }' "$work/ufw-spelled"
}

# ufw_knows_vrrp: before 0.36.1 it does not. Then the peers are let in for every protocol.
ufw_knows_vrrp() {
  ufw --dry-run allow in proto vrrp from 192.0.2.1 to 192.0.2.2 >/dev/null 2>&1 </dev/null 8>&- 9>&-
}

# ufw_minds_ipv6: else it neither reads nor writes user6.rules.
ufw_minds_ipv6() {
  grep -q -i -x '[[:space:]]*IPV6=["'"'"']*yes["'"'"']*[[:space:]]*' "$root/etc/default/ufw"
}

# ufw_check WANTED
ufw_check() {
  ! grep -q ' ipt6 ' "$1" || ufw_minds_ipv6 ||
    fail "ufw does not mind IPv6 here (IPV6 in /etc/default/ufw), and there are IPv6 rules to make; set IPV6=yes there and run: ufw reload, or set firewall: false"
  ufw_knows_vrrp || note "the ufw of this host knows no protocol vrrp (0.36.1 does): it lets in all that the peers send to this address"
}

# ufw_words TUPLE: of a rule, for ufw's command.
ufw_words() {
  # shellcheck disable=SC2086
  set -- $1
  ufw_says="${1#route:}"
  case $7 in
  *_*) ufw_says="$ufw_says ${7%%_*} on ${7#*_}" ;;
  *) ufw_says="$ufw_says $7" ;;
  esac
  # `route allow in` wants an interface behind it.
  case $1:$7 in route:*:*_*) ;; route:*) ufw_says=${1#route:} ;; esac
  ufw_says="$ufw_says from $6"
  [ "$5" = any ] || ufw_says="$ufw_says port $5"
  ufw_says="$ufw_says to $4"
  [ "$3" = any ] || ufw_says="$ufw_says port $3"
  [ "$2" = any ] || ufw_says="$ufw_says proto $2"
  case $1 in route:*) say "route $ufw_says" ;; *) say "$ufw_says" ;; esac
}

# ufw_run VERB TUPLE [COMMENT]: VERB is prepend or delete, which stands behind `route`.
ufw_run() {
  ufw_run_words=$(ufw_words "$2")
  case $ufw_run_words in
  "route "*) ufw_run_words="route $1 ${ufw_run_words#route }" ;;
  *) ufw_run_words="$1 $ufw_run_words" ;;
  esac
  # shellcheck disable=SC2086
  ufw $ufw_run_words ${3:+comment "$3"} >"$work/words" 2>&1 </dev/null 8>&- 9>&- ||
    fail "ufw refused: ufw $ufw_run_words" "$work/words"
}

# ufw_is_ipv6 TUPLE: by its addresses.
ufw_is_ipv6() {
  # shellcheck disable=SC2086
  set -- $1
  case $4$6 in *:*) ;; *) return 1 ;; esac
}

# ufw_missing: the lines of $work/ufw-wanted that ufw has no rule for.
ufw_missing() {
  ufw_tuples | sed 's/ comment=.*//' >"$work/ufw-there"
  awk '
    part == 1 { there[$0] = 1; next }
    { tuple = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", tuple) }
    !(tuple in there)' part=1 "$work/ufw-there" part=2 "$work/ufw-wanted"
}

# ufw_problems WANTED: also a rule that is written down and not in force, after somebody has flushed its chains.
ufw_problems() {
  ufw_wanted "$1" >"$work/ufw-wanted"
  if [ -n "$(ufw_missing)" ]; then
    say "ufw: the rules of vrrp-agent are not there; run: vrrp-agent firewall ensure"
    return 0
  fi
  awk '$2 ~ /^ipt/' "$1" | while read -r _ kind hook match; do
    case $kind:$match in
    *icmpv6*) continue ;;
    ipt4:*) ufw_tool=iptables ufw_chain=ufw-user-$hook ;;
    *) ufw_tool=ip6tables ufw_chain=ufw6-user-$hook ;;
    esac
    [ "${ufw_vrrp-}" = vrrp ] || match=${match% -p 112}
    # shellcheck disable=SC2086
    "$ufw_tool" -w 10 -C "$ufw_chain" $match -j ACCEPT 2>/dev/null </dev/null 8>&- 9>&- || {
      say "ufw chain $ufw_chain: the rules of vrrp-agent are not in force; run: ufw reload"
      break
    }
  done
}

# ufw_set WANTED
ufw_set() {
  ufw_wanted "$1" >"$work/ufw-wanted"
  ufw_missing >"$work/ufw-add"
  while read -r comment _ _ tuple; do
    ufw_run prepend "$tuple" "$comment"
  done <"$work/ufw-add"
  sed 's/^[^ ]* [^ ]* [^ ]* //' "$work/ufw-wanted" >"$work/ufw-tuples-wanted"
  ufw_tuples | sed -n "s/ comment=$ufw_mark.*//p" >"$work/ufw-ours"
  lines_new_in "$work/ufw-ours" "$work/ufw-tuples-wanted" >"$work/ufw-remove"
  while read -r tuple; do
    # A host is not kept from going back by what ufw does not look at any more.
    if ! ufw_minds_ipv6 && ufw_is_ipv6 "$tuple"; then
      warn "note: ufw does not mind IPv6 here any more (IPV6 in /etc/default/ufw); a rule of ours stays in /etc/ufw/user6.rules: $tuple"
      continue
    fi
    ufw_run delete "$tuple"
  done <"$work/ufw-remove"
  # Flushed by hand: its own reload brings back all that it has.
  if ufw_active && [ -n "$(ufw_problems "$1")" ]; then
    tool "ufw reload failed" ufw reload
  fi
}
