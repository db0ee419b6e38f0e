# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Our rules in the chains that decide: every filter chain hooked on input, output or forward that has a rule of somebody else
# or a policy other than accept. An accept in a table of our own would not undo a drop in one of these.
# A rule's comment is vrrp-agent:CLUSTER:DIGEST, the digest being that of its line in firewall.rules.
#
# A survey of the host, one line each, in the order of the chains:
#   chain BACKEND FAMILY TABLE CHAIN input|output|forward POLICY
#   rule BACKEND FAMILY TABLE CHAIN HANDLE own|passing|deciding|managed COMMENT [WORDS]
# BACKEND is nft, or the command that manages the table: iptables-nft, iptables-legacy. nft knows a rule by its HANDLE,
# iptables by the WORDS that it was made with, ours among them; never by its number, which changes when somebody else
# inserts a rule. A passing rule cannot drop a packet: ours may stand behind it. A managed one is of a firewall that has a tool
# of its own, and rules of ours by that: a chain where only such rules decide gets none.
#
# set -e is off in what a condition calls: everything here says itself what it does about a failure.

# iptables_commands: FAMILY NAME LIST-COMMAND RESTORE-COMMAND of each variant in use.
iptables_commands() (
  for variant in nft legacy; do
    for pair in "ip iptables" "ip6 ip6tables"; do
      family=${pair%% *}
      command=${pair#* }
      names=$root/proc/net/${family}_tables_names
      # Asking legacy iptables for a table makes it: only those that are there.
      [ "$variant" = nft ] || { [ -e "$names" ] && grep -q . "$names"; } || continue
      if have "$command-$variant"; then
        say "$family iptables-$variant $command-$variant-save $command-$variant-restore"
      elif have "$command" && [ "$(variant_of "$command")" = "$variant" ]; then
        say "$family iptables-$variant $command-save $command-restore"
      elif [ "$variant" = legacy ]; then
        fail "$names lists tables but $command-legacy is missing; install it or unload those tables"
      fi
    done
  done
)

variant_of() {
  case $("$1" -V) in
  *nf_tables*) say nft ;;
  *) say legacy ;;
  esac
}

survey_iptables() (
  iptables_commands >"$work/iptables-commands" || exit 1
  while read -r family backend list _; do
    "$list" 2>"$work/words" </dev/null >"$work/saved" || fail "$list failed" "$work/words"
    awk -v at="$backend $family" -v firewalld="$(! firewalld_uses_iptables || say yes)" \
      -v ufw="$(! grep -q -e '-j ufw' "$work/saved" || ! ufw_active || say yes)" '
      /^\*/ { table = substr($0, 2); next }
      table !~ /^(filter|mangle|raw|security)$/ { next }
      /^:(INPUT|OUTPUT|FORWARD) / { print "chain", at, table, substr($1, 2), tolower(substr($1, 2)), tolower($2); next }
      /^-A (INPUT|OUTPUT|FORWARD) / {
        comment = "-"; kind = "passing"
        if (match($0, /--comment "?vrrp-agent:[A-Za-z0-9_:-]+/)) {
          comment = substr($0, RSTART, RLENGTH); sub(/.*vrrp-agent:/, "vrrp-agent:", comment); kind = "own"
        } else if ((ufw && $0 ~ / -j ufw6?-/) || $0 ~ / --comment "!fw3/) kind = "managed"
        else if (firewalld && $0 ~ / -j ((INPUT|OUTPUT|FORWARD)_[A-Za-z_]+|DROP|REJECT --reject-with icmp6?-[a-z]+-prohibited)$/ && $0 !~ / -[sdpio] /) kind = "managed"
        else if ($0 ~ / -[jg] / && $0 !~ / -j (ACCEPT|LOG|NFLOG|MARK|CONNMARK|NOTRACK|CT|TOS|DSCP)( |$)/) kind = "deciding"
        words = kind == "own" ? $0 : ""
        sub(/^-A [^ ]+ /, "", words)
        print "rule", at, table, $2, "-", kind, comment, words
      }' "$work/saved" || exit 1
  done <"$work/iptables-commands"
)

# survey_nft: chains that iptables-nft lists with rules or a policy (in FILE) are its own and left to it.
survey_nft() {
  have nft || return 0
  nft -a -s list ruleset 2>"$work/words" >"$work/ruleset" || fail "nft list ruleset failed" "$work/words"
  awk -v fw4="$(! uci_owns inet fw4 || say yes)" '
    FILENAME == ARGV[1] { if ($2 == "iptables-nft") theirs[$3, $4, $5] = 1; next }
    # Of the doctor: counters that go again. Of keepalived itself: what it needs for a virtual MAC, and flushes as it likes.
    /^table (ip|ip6|inet) / { family = $3 ~ /^(vrrp_doctor|keepalived(_ipvs)?$)/ ? "" : $2; table = $3; next }
    /^[^\t]/ { family = ""; next }
    family == "" { next }
    /^\tchain / { chain = $2; in_chain = 0; next }
    /^\t}/ { in_chain = 0; next }
    /^\t\ttype filter hook (input|output|forward) / {
      if ((family, table, chain) in theirs) next
      in_chain = 1; at = "nft " family " " table " " chain
      policy = match($0, /policy [a-z]+/) ? substr($0, RSTART + 7, RLENGTH - 7) : "accept"
      print "chain", at, $4, policy; next
    }
    in_chain && match($0, / # handle [0-9]+$/) {
      handle = substr($0, RSTART + 10); rule = substr($0, 1, RSTART - 1)
      comment = "-"; kind = "passing"
      if (match(rule, /comment "vrrp-agent:[A-Za-z0-9_:-]+"$/)) {
        comment = substr(rule, RSTART + 9, RLENGTH - 10); kind = "own"
      } else {
        if (table == "firewalld" || (fw4 && family == "inet" && table == "fw4")) kind = "managed"
        gsub(/"[^"]*"/, "", rule)
        if (kind == "passing" && rule ~ /(^|[^a-z])(drop|reject|jump|goto|queue|return|vmap|continue)([^a-z]|$)/) kind = "deciding"
      }
      print "rule", at, handle, kind, comment
    }' "$1" "$work/ruleset"
}

# survey: into $work/survey.
survey() {
  survey_iptables >"$work/survey-iptables" || exit 1
  # iptables-nft lists chains with policy ACCEPT that do not exist; only a chain with something in it is in use.
  awk '
    $1 == "chain" { key = $2 " " $3 " " $4 " " $5; order[++n] = key; line[key] = $0; used[key] = $7 != "accept" }
    $1 == "rule" { key = $2 " " $3 " " $4 " " $5; used[key] = 1; rules[key] = rules[key] $0 "\n" }
    END { for (i = 1; i <= n; i++) if (used[order[i]]) printf "%s\n%s", line[order[i]], rules[order[i]] }
  ' "$work/survey-iptables" >"$work/survey" &&
    survey_nft "$work/survey" >"$work/survey-nft" &&
    cat "$work/survey-nft" >>"$work/survey" || exit 1
}

# plan WANTED: what has to be done to the host of $work/survey, one line each:
#   insert BACKEND FAMILY TABLE CHAIN COMMENT MATCH       (at the head; in this order they end up reversed)
#   delete BACKEND FAMILY TABLE CHAIN HANDLE|WORDS
# A chain that is right has no line. Deletions come first: -D takes the first rule of those words, which would be one
# that was just inserted.
plan() {
  awk '
    function settle(   i, n, list, right, want) {
      if (key == "") return
      n = 0
      if (deciding || (!managed && (foreign || policy != "accept")))
        for (i = 1; i <= wanted; i++) if (applies(kind[i], direction[i])) list[++n] = i
      right = owned == n && !behind
      for (i = 1; i <= n; i++) if (!(comment[list[i]] in at_head)) right = 0
      if (!right) {
        for (i = 1; i <= owned; i++) print "delete", key, reference[i]
        for (i = n; i >= 1; i--) print "insert", key, comment[list[i]], match_part[list[i]]
      }
      key = ""
    }
    function words(   i, text) {
      text = $0
      for (i = 1; i <= 8; i++) sub(/^[^ ]+ /, "", text)
      return text
    }
    function applies(a_kind, a_direction,   family) {
      if (a_direction != hook) return 0
      if (backend == "nft") {
        if (a_kind == "nft4") return nft_family != "ip6"
        if (a_kind == "nft6") return nft_family != "ip"
        return 0
      }
      return a_kind == (nft_family == "ip" ? "ipt4" : "ipt6")
    }
    FILENAME == ARGV[1] {
      wanted++; comment[wanted] = $1; kind[wanted] = $2; direction[wanted] = $3
      sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); match_part[wanted] = $0
      next
    }
    $1 == "chain" {
      settle()
      key = $2 " " $3 " " $4 " " $5; backend = $2; nft_family = $3; hook = $6; policy = $7
      owned = behind = foreign = deciding = decided = managed = 0; split("", at_head)
      next
    }
    $7 == "own" { reference[++owned] = $6; if (backend != "nft") reference[owned] = words(); if (decided || ($8 in at_head)) behind = 1; at_head[$8] = 1; next }
    $7 == "managed" { managed = decided = 1; next }
    { foreign = 1; if ($7 == "deciding") deciding = decided = 1 }
    END { settle() }' "$1" "$work/survey"
}

# carry_out PLAN: one transaction for nft, and one for each iptables table, so nothing is open between.
carry_out() (
  awk '
    $2 != "nft" { next }
    { at = $3 " " $4 " " $5 }
    $1 == "insert" { comment = $6; sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "")
      printf "insert rule %s %s accept comment \"%s\"\n", at, $0, comment; next }
    { printf "delete rule %s handle %s\n", at, $6 }' "$1" >"$work/nft-script" || exit 1
  if [ -s "$work/nft-script" ]; then
    ! grep -q '^delete ' "$work/nft-script" || say "delete table inet $witness" >>"$work/nft-script"
    tool "nft refused to change our rules" nft -f "$work/nft-script"
  fi
  awk '$2 != "nft" && !seen[$2, $3]++ { print $2, $3 }' "$1" >"$work/iptables-changes" || exit 1
  while read -r backend family; do
    restore=$(awk -v family="$family" -v backend="$backend" '$1 == family && $2 == backend { print $4 }' \
      "$work/iptables-commands")
    have "$restore" || fail "$restore is missing; install it"
    awk -v backend="$backend" -v family="$family" '
      $2 != backend || $3 != family { next }
      $4 != table { if (table != "") print "COMMIT"; table = $4; print "*" table }
      $1 == "insert" { comment = $6; chain = $5; sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, "")
        printf "-I %s 1 %s -m comment --comment \"%s\" -j ACCEPT\n", chain, $0, comment; next }
      { chain = $5; sub(/^[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ /, ""); print "-D", chain, $0 }
      END { print "COMMIT" }' "$1" >"$work/iptables-script" || exit 1
    tool "$restore refused to change our rules" "$restore" --wait=10 --noflush "$work/iptables-script"
  done <"$work/iptables-changes"
)

# chains_problems WANTED: a line for each chain where our rules are not as they should be.
chains_problems() {
  survey
  plan "$1" >"$work/plan" || exit 1
  awk '
    { key = $3 " " $4 " " $5 }
    !(key in seen) { seen[key] = 1; print "chain " key ": the rules of vrrp-agent are not in force; run: vrrp-agent firewall ensure" }
  ' "$work/plan"
}

# An empty table, there while we look at handles that we are about to delete by. Somebody who flushes the ruleset and
# loads it anew, as a reload of nftables.service does, gives our handles to rules of his own; and takes this table away,
# so that our transaction, which deletes it too, fails as a whole.
witness=vrrp_agent_witness

# plan_change WANTED: into $work/plan.
plan_change() {
  survey
  plan "$1" >"$work/plan" || exit 1
  grep -q '^delete nft ' "$work/plan" || return 0
  tool "nft cannot make a table" nft add table inet "$witness"
  survey
  plan "$1" >"$work/plan" || exit 1
}

# forget_witness: where it was not needed in the end, or a run was killed.
forget_witness() {
  ! grep -q "^table inet $witness " "$work/ruleset" 2>/dev/null || nft delete table inet "$witness" 2>/dev/null || true
}

# chains_set WANTED: what the host has of our rules becomes WANTED. What somebody else changes meanwhile makes the
# change fail as a whole, and then it is planned anew.
chains_set() {
  plan_change "$1"
  chains_tries=3
  until carry_out "$work/plan" 2>"$work/refusal"; do
    chains_tries=$((chains_tries - 1))
    if [ "$chains_tries" -eq 0 ]; then
      forget_witness
      cat "$work/refusal" >&2
      exit 1
    fi
    plan_change "$1"
  done
  forget_witness
}

# Where somebody saves what is in force, for the next boot.
saved_rules="$root/etc/iptables/rules.v4 $root/etc/iptables/rules.v6 $root/etc/sysconfig/iptables $root/etc/sysconfig/ip6tables
  $root/etc/nftables.conf $root/etc/sysconfig/nftables.conf"

# forget_saved WANTED: rules of ours that were saved with the rest, and are not wanted any more. What is wanted may stay: the
# next start finds it in its place.
forget_saved() {
  for saved_file in $saved_rules; do
    [ ! -L "$saved_file" ] || continue
    grep -q -s '"*vrrp-agent:[A-Za-z0-9_.-]*:[0-9a-f]' "$saved_file" || continue
    awk '
      part == 1 { wanted[$1] = 1; next }
      match($0, /vrrp-agent:[A-Za-z0-9_.-]+:[0-9a-f]+/) && !(substr($0, RSTART, RLENGTH) in wanted) { next }
      { print }' part=1 "$1" part=2 "$saved_file" >"$work/saved-left" || exit 1
    cmp -s "$work/saved-left" "$saved_file" || {
      # Its mode and owner stay.
      cp -p "$saved_file" "$work/saved-new" && cat "$work/saved-left" >"$work/saved-new" || exit 1
      place "$work/saved-new" "${saved_file#"$root"}"
    }
  done
}
