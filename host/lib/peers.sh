# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# What hosts tell each other during a change, with no daemon, port or key of their own: who says what of which
# generation is hashed into a link-local IPv6 address, which the host that says it gives itself for a while. The kernel
# answers for it. A generation is known to the hosts of its cluster only, so nobody else can say it.
#
#   running G     keepalived runs here with G, which nobody has confirmed yet
#   apart G       the files of G are in place here and keepalived is stopped
#   here G        this host takes part in a switch to G that the hosts make together
#   fine G        this host sees nothing wrong with G, and waits for the others to see the same
#   confirmed G   somebody has seen that G is right on all hosts
#   refused G     this host is on its way back from G
#
# refused stays for as long as the others need to hear it: the next try of G is another matter. confirmed stays as long
# as the generation is in force, so a host that comes late knows where the others are.
# Where IPv6 is off nothing can be told or asked; the order of the steps and the undo timers then have to do. Through a
# tunnel the words go where its ends have a way for them (link.sh).
#
# /run/vrrp-agent/CLUSTER/told: WORD GENERATION ADDRESS DEV UNTIL, a line each; UNTIL is an uptime, or `forever`.

# Seconds that any other word stays, also when the agent is gone.
told_for=1800

# word_address CLUSTER NODE WORD GENERATION
word_address() {
  printf '%s %s %s %s' "$1" "$2" "$3" "$4" | sha256sum |
    sed 's/^\(....\)\(....\)\(....\)\(....\).*/fe80::\1:\2:\3:\4/'
}

# words_conf CLUSTER GENERATION: the node.conf of a generation, else the present one.
words_conf() {
  words_conf=$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf
  [ -e "$words_conf" ] || words_conf=$conf_dir/$1/node.conf
  say "$words_conf"
}

# present_conf CLUSTER GENERATION: the node.conf in place, else that of a generation.
present_conf() {
  if [ -e "$conf_dir/$1/node.conf" ]; then say "$conf_dir/$1/node.conf"; else words_conf "$1" "$2"; fi
}

# peer_nodes CONF: names.
peer_nodes() { facts peer "$1" 1 | sort -u; }

# tell CLUSTER WORD GENERATION: fails when it cannot.
tell() {
  tell_conf=$(words_conf "$1" "$3")
  tell_dev=$(facts interface "$tell_conf")
  [ -n "$tell_dev" ] && [ -n "$(peer_nodes "$tell_conf")" ] || return 1
  tell_address=$(word_address "$1" "$(facts node "$tell_conf")" "$2" "$3")
  case $2 in
  confirmed) tell_for=forever ;;
  refused) tell_for=60 ;;
  *) tell_for=$told_for ;;
  esac
  give_word "$tell_address" "$tell_dev" "$tell_for" || return 1
  mkdir -p "$run_dir/$1"
  tell_told=$run_dir/$1/told
  [ "$tell_for" = forever ] || tell_for=$(($(uptime) + tell_for))
  # A full /run must not end the step.
  {
    {
      grep -v -F " $tell_address $tell_dev " "$tell_told" || true
      say "$2 $3 $tell_address $tell_dev $tell_for"
    } >"$tell_told.new.$$" && mv -f "$tell_told.new.$$" "$tell_told"
  } 2>/dev/null || {
    rm -f "$tell_told.new.$$"
    # Nobody would take it away again.
    ip -6 address del "$tell_address/128" dev "$tell_dev" 2>/dev/null || true
    return 1
  }
}

# tell_confirmed CLUSTER: what is in force here for good, after a boot or on an interface that is new.
tell_confirmed() {
  confirmed_now=$(current_generation "$1")
  [ "$confirmed_now" = 0 ] || [ -e "$state_dir/$1/pending" ] || tell "$1" confirmed "$confirmed_now" || true
}

# give_word ADDRESS DEV SECONDS|forever
give_word() { ip -6 address replace "$1/128" dev "$2" nodad valid_lft "$3" preferred_lft 0 2>/dev/null; }

# retell DEV: an interface that was made anew has lost what was told over the one before.
retell() {
  for retell_told in "$run_dir"/*/told; do
    [ -e "$retell_told" ] || continue
    while read -r retell_word _ retell_address retell_dev retell_until; do
      [ "$retell_dev" = "$1" ] || continue
      # A former agent wrote no time.
      [ "$retell_word" != confirmed ] || retell_until=forever
      [ "$retell_until" = forever ] || retell_until=$((${retell_until:-0} - $(uptime)))
      case $retell_until in
      forever | [1-9]*) give_word "$retell_address" "$1" "$retell_until" || true ;;
      esac
    done <"$retell_told"
  done
}

# untell CLUSTER [WORD [GENERATION]]
untell() {
  [ -e "$run_dir/$1/told" ] || return 0
  # It is replaced when all of it has been read.
  # shellcheck disable=SC2094
  while read -r untell_word untell_generation untell_address untell_dev untell_until; do
    case " $untell_word $untell_generation " in
    " ${2-$untell_word} ${3-$untell_generation} ")
      # It may be gone with its time.
      ip -6 address del "$untell_address/128" dev "$untell_dev" 2>/dev/null || true
      ;;
    *) say "$untell_word $untell_generation $untell_address $untell_dev $untell_until" ;;
    esac
  done <"$run_dir/$1/told" | write_file "$run_dir/$1/told"
}

# untell_all_but CLUSTER WORD
untell_all_but() {
  for untell_other in running apart here fine confirmed refused; do
    [ "$untell_other" = "$2" ] || untell "$1" "$untell_other"
  done
}

# told_here CLUSTER WORD GENERATION
told_here() { grep -q "^$2 $3 " "$run_dir/$1/told" 2>/dev/null; }

# told_by CLUSTER NODE WORD GENERATION: takes a second when the answer is no, two over a tunnel.
told_by() {
  told_by_conf=$(words_conf "$1" "$4")
  told_by_dev=$(facts interface "$told_by_conf")
  [ -n "$told_by_dev" ] || return 1
  told_by_address=$(word_address "$1" "$2" "$3" "$4")
  # What the neighbour table remembers may be gone from the peer.
  ip -6 neigh del "$told_by_address" dev "$told_by_dev" 2>/dev/null || true
  ! ask "$told_by_address" "$told_by_dev" || return 0
  # A firewall may drop the echo and still let neighbours find each other.
  [ -z "$(neighbour "$told_by_address" "$told_by_dev")" ] || return 0
  # Where nobody has neighbours a packet may be lost on the way between two sites, or have to wait for a handshake.
  ! has_arp "$told_by_dev" && ask "$told_by_address" "$told_by_dev"
}

# somebody_tells CLUSTER WORD GENERATION: prints the first peer that does.
somebody_tells() {
  for told_node in $(peer_nodes "$(words_conf "$1" "$3")"); do
    if told_by "$1" "$told_node" "$2" "$3"; then
      say "$told_node"
      return 0
    fi
  done
  return 1
}

# open_peers CLUSTER GENERATION: NODE ADDRESS of the peers whose SSH port, taken to be the same as here, takes a new
# connection. A try that is made again within a step has no session younger than itself to prove it: the hosts look at each other.
open_peers() {
  can_tell "$1" "$2" || return 0
  facts peer "$(words_conf "$1" "$2")" | while read -r open_node open_address; do
    ! is_open "$open_address" || say "$open_node $open_address"
  done
}

# still_open: the peers on stdin; else prints what is not.
still_open() {
  while read -r open_node open_address; do
    is_open "$open_address" || {
      say "$open_node takes no new SSH connection with the new files"
      return 1
    }
  done
}

# is_open ADDRESS
is_open() {
  open_port=${SSH_CONNECTION:-22}
  open_port=${open_port##* }
  if have ssh-keyscan; then
    ssh-keyscan -T 3 -p "$open_port" "$1" 2>/dev/null </dev/null | grep -q .
  elif have nc; then
    nc -z -w 3 "$1" "$open_port" >/dev/null 2>&1 </dev/null
  else
    return 1
  fi
}

# silent_peers CLUSTER GENERATION WORD...: names of the peers that answer the network and tell none of the words.
silent_peers() (
  silent_cluster=$1 silent_generation=$2
  shift 2
  silent_conf=$(words_conf "$silent_cluster" "$silent_generation")
  facts peer "$silent_conf" | while read -r silent_node silent_address; do
    for silent_word; do
      ! told_by "$silent_cluster" "$silent_node" "$silent_word" "$silent_generation" || continue 2
    done
    silent_dev=$(facts interface "$silent_conf")
    ! ask "$silent_address" "$silent_dev" || ! hears_words "$silent_dev" || say "$silent_node"
  done | sort -u | tr '\n' ' ' | sed 's/ $//'
)
