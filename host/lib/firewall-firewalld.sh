# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# firewalld, through firewall-cmd: rich rules, in what is in force and in what is permanent, so that neither its reload nor its
# restart loses them. They go into
#   zone    that the interface is in, else the default zone; and each that has sources, for those decide before interfaces do
#   policy  for what this host sends: each of those between HOST and a zone that does not let everything through
# A rich rule has no comment: those that we have added are in /var/lib/vrrp-agent/firewalld, PLACE|RULE, where PLACE is
# zone=NAME or policy=NAME. One that was there before is somebody else's.

firewalld_active() { has_systemd && systemctl --quiet is-active firewalld.service 2>/dev/null && have firewall-cmd; }

# firewalld_uses_iptables: its chains are then those of iptables, else a table `firewalld` of nftables.
firewalld_uses_iptables() {
  grep -q -s '^FirewallBackend=iptables' "$root/etc/firewalld/firewalld.conf" && firewalld_active
}

firewalld_record=$state_dir/firewalld

firewalld_has_ours() { [ -s "$firewalld_record" ]; }

# Before the rules of a zone or policy that deny: they have priority 0, also where nobody gave them one.
firewalld_priority=-100

# firewalld_survey: what is in force and what is permanent, a line each:
#   in-force|permanent PLACE default|named          (and: also active, device NAME..., sources, lets-out)
#   in-force|permanent PLACE rule RULE
firewalld_survey() {
  # Each takes half a second, mostly to start.
  firewall-cmd --get-default-zone >"$work/firewalld-default" 2>"$work/words" 8>&- 9>&- &
  firewall-cmd --list-all-zones >"$work/firewalld-in-force-zone" 2>/dev/null 8>&- 9>&- &
  firewall-cmd --permanent --list-all-zones >"$work/firewalld-permanent-zone" 2>/dev/null 8>&- 9>&- &
  # Before 0.9 it has no policies, and knows no such option.
  firewall-cmd --list-all-policies >"$work/firewalld-in-force-policy" 2>/dev/null 8>&- 9>&- &
  firewall-cmd --permanent --list-all-policies >"$work/firewalld-permanent-policy" 2>/dev/null 8>&- 9>&- &
  wait
  [ -s "$work/firewalld-default" ] ||
    fail "firewall-cmd does not answer; see: systemctl status firewalld" "$work/words"
  if [ ! -s "$work/firewalld-in-force-zone" ] || [ ! -s "$work/firewalld-permanent-zone" ]; then
    fail "firewall-cmd does not list its zones; see: firewall-cmd --list-all-zones"
  fi
  for survey_what in in-force-zone permanent-zone in-force-policy permanent-policy; do
    awk -v what="${survey_what%-*}" -v kind="${survey_what##*-}" -v default_zone="$(cat "$work/firewalld-default")" '
      /^[^ \t]/ { place = kind "=" $1; if (kind == "zone" && $1 == default_zone) print what, place, "default"; next }
      /^\t/ { sub(/^\t/, ""); print what, place, "rule", $0; next }
      $1 == "interfaces:" { for (i = 2; i <= NF; i++) print what, place, "device", $i }
      $1 == "sources:" && NF > 1 { print what, place, "sources" }
      $1 == "target:" { target = $2 }
      $1 == "ingress-zones:" && / HOST( |$)/ && target != "ACCEPT" { print what, place, "lets-out" }
    ' "$work/firewalld-$survey_what"
  done >"$work/firewalld-survey"
}

# firewalld_wanted WANTED: PLACE|RULE for each rule and place, as firewalld spells it. What is forwarded is no business of
# ours there: a rule of a policy cannot name the tunnel, see firewalld_check.
firewalld_wanted() {
  spelled_rules "$1" >"$work/firewalld-spelled" || fail "a rule cannot be read" "$work/firewalld-spelled"
  awk -v priority="$firewalld_priority" '
    part == 1 {
      if ($1 != "in-force") next
      if ($3 == "default") fallback = $2
      if ($3 == "device") zone_of[$4] = $2
      if ($3 == "device" || $3 == "sources") active[$2] = 1
      if ($3 == "sources") before[$2] = 1
      if ($3 == "lets-out") out[$2] = 1
      next
    }
    function tell(place) { if (!told[place, rule]++) print place "|" rule }
    $3 == "forward" { next }
    {
      rule = "rule priority=\"" priority "\" family=\"ipv" $2 "\""
      if ($6 != "-") rule = rule " source address=\"" $6 "\""
      if ($7 != "-") rule = rule " destination address=\"" $7 "\""
      if ($10 != "-") rule = rule " port port=\"" $10 "\" protocol=\"" $8 "\""
      else if ($9 != "-") rule = rule " source-port port=\"" $9 "\" protocol=\"" $8 "\""
      else if ($8 == "echo-request") rule = rule " icmp-type name=\"echo-request\""
      else rule = rule " protocol value=\"" ($8 == 112 ? "vrrp" : $8) "\""
      rule = rule " accept"
      if ($3 == "output") { for (place in out) tell(place); next }
      tell($4 in zone_of ? zone_of[$4] : fallback)
      for (place in before) tell(place)
      if ($4 == "-") for (place in active) tell(place)
    }' part=1 "$work/firewalld-survey" part=2 "$work/firewalld-spelled"
}

# firewalld_missing in-force|permanent FILE: those of PLACE|RULE that are not there.
firewalld_missing() {
  awk -v what="$1" '
    part == 1 { if ($1 == what && $3 == "rule") { place = $2; sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); there[place "|" $0] = 1 } next }
    !($0 in there)' part=1 "$work/firewalld-survey" part=2 "$2"
}

# firewalld_check WANTED
firewalld_check() {
  ! grep -q ' forward ' "$1" || note \
    "firewalld decides what this host forwards; see that the zones of the tunnel and of its networks may: firewall-cmd --get-active-zones, and a policy between them"
}

# firewalld_problems WANTED
firewalld_problems() {
  firewalld_survey
  firewalld_wanted "$1" >"$work/firewalld-wanted"
  for problems_what in in-force permanent; do
    firewalld_missing "$problems_what" "$work/firewalld-wanted" | awk -F '|' -v what="$problems_what" '
      !told[$1]++ { sub(/=/, " ", $1); print "firewalld " $1 ": the rules of vrrp-agent are not " (what == "permanent" ? "permanent" : "in force") "; run: vrrp-agent firewall ensure" }'
  done
}

# firewalld_set WANTED
firewalld_set() {
  if ! firewalld_active; then
    firewalld_forget
    return 0
  fi
  firewalld_survey
  firewalld_wanted "$1" >"$work/firewalld-wanted"
  firewalld_missing permanent "$work/firewalld-wanted" >"$work/firewalld-add"
  { [ ! -e "$firewalld_record" ] || cat "$firewalld_record"; } >"$work/firewalld-former"
  lines_new_in "$work/firewalld-former" "$work/firewalld-wanted" >"$work/firewalld-remove"
  # Written down first: what is not written down would never be removed.
  if [ -s "$work/firewalld-add" ]; then
    sort -u "$work/firewalld-former" "$work/firewalld-add" >"$work/firewalld-new"
    write_file "$firewalld_record" <"$work/firewalld-new"
    sync "$firewalld_record"
  fi
  firewalld_each --add-rich-rule --permanent <"$work/firewalld-add"
  firewalld_missing in-force "$work/firewalld-wanted" | firewalld_each --add-rich-rule || exit 1
  [ -s "$work/firewalld-remove" ] || return 0
  firewalld_gone permanent | firewalld_each --remove-rich-rule --permanent || exit 1
  firewalld_gone in-force | firewalld_each --remove-rich-rule || exit 1
  lines_new_in "$firewalld_record" "$work/firewalld-remove" >"$work/firewalld-left"
  write_file "$firewalld_record" <"$work/firewalld-left"
  [ -s "$firewalld_record" ] || rm -f "$firewalld_record"
}

# firewalld_gone in-force|permanent: those to remove that are still there.
firewalld_gone() {
  firewalld_missing "$1" "$work/firewalld-remove" >"$work/firewalld-absent"
  lines_new_in "$work/firewalld-remove" "$work/firewalld-absent"
}

# firewalld_each WORD [--permanent]: firewall-cmd with WORD for each PLACE|RULE of stdin; one call a place, for each takes long.
firewalld_each() {
  each_word=$1
  each_scope=${2-}
  sort >"$work/firewalld-each"
  say "|" >>"$work/firewalld-each"
  each_former=
  set --
  while IFS='|' read -r each_place each_rule; do
    if [ "$each_place" != "$each_former" ] && [ $# -gt 0 ]; then
      # shellcheck disable=SC2086
      firewall-cmd $each_scope "--$each_former" "$@" >"$work/words" 2>&1 </dev/null 8>&- 9>&- ||
        fail "firewalld refused the rules for its ${each_former%%=*} ${each_former#*=}" "$work/words"
      set --
    fi
    each_former=$each_place
    set -- "$@" "$each_word=$each_rule"
  done <"$work/firewalld-each"
}

# firewalld_forget: what is permanent, while it does not run.
firewalld_forget() {
  if have firewall-offline-cmd; then
    while IFS='|' read -r forget_place forget_rule; do
      # A zone that is gone has taken its rules along.
      firewall-offline-cmd "--$forget_place" "--remove-rich-rule=$forget_rule" >"$work/words" 2>&1 </dev/null 8>&- 9>&- ||
        warn "firewalld does not run, and its ${forget_place%%=*} ${forget_place#*=} was not changed: $(tail -n 1 "$work/words")"
    done <"$firewalld_record"
  fi
  rm -f "$firewalld_record"
}
