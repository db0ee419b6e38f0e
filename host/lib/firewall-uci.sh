# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# OpenWrt's fw4 and fw3, through UCI: a section firewall.vrrp_CLUSTER_DIGEST=rule for each rule, with the rule's comment as its
# name, which both put into the comment of what they make. `src *` and `dest *` with a device lead to the chains input, output
# and forward themselves, before those of the zones: whatever zone the device is in. /var/lib is no place to keep what was there.

firewall_config=$root/etc/config/firewall
firewall_kept=$state_dir/firewall.uci

# uci_active: its state is there while it is loaded.
uci_active() {
  has_uci && [ -e "$firewall_config" ] &&
    { [ -e "$root/var/run/fw4.state" ] || [ -e "$root/var/run/fw3.state" ]; }
}

uci_has_ours() { has_uci && grep -q -s "^config rule 'vrrp_" "$firewall_config"; }

# uci_owns FAMILY TABLE
uci_owns() { [ "$1 $2" = "inet fw4" ] && uci_active; }

# uci_sections WANTED: the rules as `uci export` has them, in the order of WANTED. A name of a section has letters, digits and
# `_` only.
uci_sections_of() {
  spelled_rules "$1" >"$work/uci-spelled" || fail "a rule cannot be read" "$work/uci-spelled"
  awk -v q="'" '
    function option(name, value) { if (value != "-") print "\toption " name " " q value q }
    function section(comment,   part, text) {
      split(comment, part, ":")
      text = part[2]
      gsub(/_/, "_5f", text); gsub(/-/, "_2d", text)
      return "vrrp_" text "_" part[3]
    }
    {
      print "config rule " q section($1) q
      option("name", $1)
      option("family", "ipv" $2)
      if ($3 != "output") option("src", "*")
      if ($3 != "input") option("dest", "*")
      if ($3 != "output" && $4 != "-") { option("device", $4); option("direction", "in") }
      else if ($5 != "-") { option("device", $5); option("direction", "out") }
      option("proto", $8 == "echo-request" ? "icmp" : $8 == "-" ? "all" : $8)
      if ($8 == "echo-request") option("icmp_type", "echo-request")
      option("src_ip", $6)
      option("src_port", $9)
      option("dest_ip", $7)
      option("dest_port", $10)
      option("target", "ACCEPT")
    }' "$work/uci-spelled"
}

# uci_ours: of the copy, as uci_sections_of has them.
uci_ours() {
  package_export firewall | awk -v q="'" '
    /^config / { ours = index($3, q "vrrp_") == 1 && $2 == "rule" }
    ours && NF'
}

# uci_batch WANTED PRESENT: commands that lead from one list of sections to the other. One that is not the same is made anew.
uci_batch() {
  awk -v q="'" '
    function strip(word) { gsub(q, "", word); return word }
    $1 == "config" { name = strip($3); order[part, ++count[part]] = name; next }
    { text[part, name] = text[part, name] $0 "\n" }
    END {
      for (i = 1; i <= count[2]; i++) {
        name = order[2, i]
        there[name] = 1
        wanted = 0
        for (j = 1; j <= count[1]; j++) if (order[1, j] == name && text[1, name] == text[2, name]) wanted = 1
        if (!wanted) { print "delete ours." name; delete there[name] }
      }
      for (i = 1; i <= count[1]; i++) {
        name = order[1, i]
        if (name in there) continue
        print "set ours." name "=rule"
        many = split(text[1, name], line, "\n")
        for (j = 1; j < many; j++) {
          sub(/^\toption /, "", line[j])
          at = index(line[j], " ")
          print "set ours." name "." substr(line[j], 1, at - 1) "=" substr(line[j], at + 1)
        }
      }
    }' part=1 "$1" part=2 "$2"
}

# uci_check WANTED
uci_check() {
  package_take firewall
  package_export firewall >"$work/uci-all"
  package_committed firewall
  spelled_rules "$1" >"$work/uci-spelled" || fail "a rule cannot be read" "$work/uci-spelled"
  uci_both=$(awk '$3 == "forward" && $4 != "-" && $5 != "-" { print $1; exit }' "$work/uci-spelled")
  [ -z "$uci_both" ] ||
    fail "the rule $uci_both names two interfaces, and UCI's rules take one; set firewall: false and let the traffic through in /etc/config/firewall"
}

# uci_loaded: names of the rules of ours that are in force.
uci_loaded() {
  if [ -e "$root/var/run/fw4.state" ]; then
    nft list table inet fw4 2>/dev/null </dev/null | sed -n 's/.*comment "!fw4: \(vrrp-agent:[^"]*\)".*/\1/p'
  else
    { iptables-save 2>/dev/null; ip6tables-save 2>/dev/null; } </dev/null | sed -n 's/.*--comment "!fw3: \(vrrp-agent:[^"]*\)".*/\1/p'
  fi | sort -u
}

# uci_look WANTED: what is wanted and what is there, into $work/uci-wanted and $work/uci-present.
uci_look() {
  package_take firewall
  uci_sections_of "$1" >"$work/uci-wanted" || exit 1
  uci_ours >"$work/uci-present" || exit 1
}

# uci_problems WANTED: also a rule that is written down and not in force.
uci_problems() {
  uci_look "$1"
  if [ -n "$(uci_batch "$work/uci-wanted" "$work/uci-present")" ]; then
    say "firewall in UCI: the rules of vrrp-agent are not there; run: vrrp-agent firewall ensure"
    return 0
  fi
  uci_not_loaded "$1" || say "the firewall of UCI has not loaded the rules of vrrp-agent; run: vrrp-agent firewall ensure"
}

# uci_not_loaded WANTED: fails where one is wanted and not in force.
uci_not_loaded() {
  uci_loaded >"$work/uci-loaded"
  awk '{ print $1 }' "$work/uci-spelled" | sort -u >"$work/uci-names"
  [ -z "$(lines_new_in "$work/uci-names" "$work/uci-loaded")" ]
}

# uci_set WANTED
uci_set() {
  uci_look "$1"
  uci_batch "$work/uci-wanted" "$work/uci-present" >"$work/uci-commands"
  if [ -s "$work/uci-commands" ]; then
    [ -s "$work/uci-present" ] || package_keep firewall "$firewall_kept"
    package_change firewall "$work/uci-commands"
    if [ -s "$1" ]; then package_place firewall; else package_return firewall "$firewall_kept"; fi
  elif ! uci_active || uci_not_loaded "$1"; then
    return 0
  fi
  # What is not loaded is not in force either: its start reads the same.
  ! uci_active || tool "the firewall cannot be loaded with our rules; see: logread -e firewall" "$root/etc/init.d/firewall" reload
}
