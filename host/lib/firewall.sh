# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Our rules, in whatever decides on this host. What has a tool of its own (firewalld, ufw, UCI) is changed by that tool only;
# every other chain that can drop gets them in itself, firewall-chains.sh.

# read_rules CLUSTER FILE: COMMENT KIND input|output|forward MATCH for each line of a firewall.rules.
read_rules() {
  while read -r line; do
    [ -n "$line" ] || continue
    digest=$(printf '%s' "$line" | sha256sum | cut -c 1-12)
    say "vrrp-agent:$1:$digest $line"
  done <"$2"
}

# wanted_rules [EXCEPT]: as read_rules, of all clusters' firewall.rules.
wanted_rules() (
  for rules in "$conf_dir"/*/firewall.rules; do
    [ -e "$rules" ] || continue
    cluster=${rules%/firewall.rules}
    cluster=${cluster##*/}
    [ "$cluster" != "${1-}" ] || continue
    read_rules "$cluster" "$rules"
  done
)

# spelled_rules WANTED: the rules by what they say, from their lines for iptables, for firewalls with words of their own:
#   COMMENT 4|6 input|output|forward IN-DEV OUT-DEV FROM TO PROTOCOL SOURCE-PORT PORT
# with `-` for what a rule does not name. PROTOCOL: a number, udp, tcp, or echo-request.
spelled_rules() {
  awk '
    $2 !~ /^ipt/ { next }
    {
      split("", said)
      for (i = 4; i < NF; i += 2) said[$i] = $(i + 1)
      if ((NF - 3) % 2) { print "vrrp-agent cannot read the rule: " $0; exit 1 }
      if ("--icmpv6-type" in said) said["-p"] = said["--icmpv6-type"]
      line = $1 " " substr($2, 4) " " $3
      count = split("-i -o -s -d -p --sport --dport", words, " ")
      for (i = 1; i <= count; i++) line = line " " (words[i] in said ? said[words[i]] : "-")
      print line
    }' "$1"
}

# firewalls: those that have rules of their own in force here. Each has a module firewall-NAME.sh with
#   NAME_active           whether it is in force
#   NAME_has_ours         whether anything of ours is written in it, also while it is not in force
#   NAME_check WANTED     at a stage: fails where it cannot take these rules
#   NAME_problems WANTED  a line for each place where our rules are not as they should be
#   NAME_set WANTED       what it has of our rules, now and for its next start, becomes WANTED; WANTED may be empty
# and `chains`, for every chain that is none of theirs.
firewall_managers="firewalld ufw uci"

# active_managers
active_managers() {
  for manager_name in $firewall_managers; do
    ! "${manager_name}_active" || say "$manager_name"
  done
}

# check_firewalls CLUSTER DIRECTORY: whether those that are in force can take the staged rules.
check_firewalls() {
  read_rules "$1" "$2/files/etc/vrrp-agent/$1/firewall.rules" >"$work/wanted-here" || exit 1
  for check_of in $(active_managers); do
    "${check_of}_check" "$work/wanted-here" || exit 1
  done
}

# firewall_problems: a line for each place where our rules are not as they should be.
firewall_problems() {
  wanted_rules >"$work/wanted" || exit 1
  for problems_of in $([ ! -s "$work/wanted" ] || active_managers); do
    "${problems_of}_problems" "$work/wanted" || exit 1
  done
  chains_problems "$work/wanted"
}

# firewall_report: as firewall_problems, and that the rules cannot be read is a problem too, in the tool's own words.
firewall_report() {
  (firewall_problems) >"$work/firewall-problems" 2>"$work/firewall-words" || {
    warn_prefix="vrrp-agent: $node: $step: "
    tr '\t' ' ' <"$work/firewall-words" | tr -d '\000-\011\013-\037\177' | awk -v prefix="$warn_prefix" '
      index($0, prefix) == 1 { $0 = substr($0, length(prefix) + 1) }
      { text = text (NR > 1 ? ": " : "") $0 }
      END { print text == "" ? "the rules cannot be read" : text }'
    return 0
  }
  cat "$work/firewall-problems"
}

# firewall_set WANTED: what the host has of our rules becomes WANTED.
firewall_set() {
  take_lock firewall 8
  for set_of in $firewall_managers; do
    [ -s "$1" ] || "${set_of}_has_ours" || continue
    if "${set_of}_active"; then
      "${set_of}_set" "$1" || exit 1
    elif [ ! -s "$1" ]; then
      "${set_of}_set" "$1" || exit 1
    fi
    # While rules are wanted, one that is not in force keeps ours: it may be about to start.
  done
  chains_set "$1"
  forget_saved "$1"
}

# firewall_ensure_or_warn: where keepalived is to start all the same, and within the time that its start may take.
firewall_ensure_or_warn() {
  (
    lock_patience=10
    firewall_ensure
  ) || warn "the firewall may not let VRRP through; keepalived goes on; afterwards run: vrrp-agent firewall ensure"
}

firewall_ensure() {
  wanted_rules >"$work/wanted" || exit 1
  firewall_set "$work/wanted"
}

# test_rules FILE: tries every line of a firewall.rules without changing anything.
test_rules() {
  awk '$1 !~ /^(nft4|nft6|ipt4|ipt6)$/ || $2 !~ /^(input|output|forward)$/ || NF < 3 { print; bad = 1 } END { exit bad }' \
    "$1" >"$work/words" || fail "firewall.rules has lines of an unknown form" "$work/words"
  have nft || return 0
  {
    say "add table inet vrrp_agent_test"
    say "add chain inet vrrp_agent_test test"
    awk '$1 ~ /^nft/ { sub(/^[^ ]+ [^ ]+ /, ""); print "add rule inet vrrp_agent_test test " $0 " accept" }' "$1"
  } >"$work/nft-test"
  tool "nft does not accept firewall.rules" nft -c -f "$work/nft-test"
}

verb_firewall() {
  step="firewall $1"
  [ -z "${2-}" ] || check_name cluster "$2"
  make_work
  case $1 in
  ensure) firewall_ensure ;;
  check)
    problems=$(firewall_problems)
    [ -z "$problems" ] || fail "$problems"
    ;;
  remove)
    if [ -n "${2-}" ]; then wanted_rules "$2"; fi >"$work/wanted"
    firewall_set "$work/wanted"
    ;;
  *)
    warn "unknown: $1; one of ensure, check, remove"
    exit 2
    ;;
  esac
}
