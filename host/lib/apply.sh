# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# activate and finish: a staged generation comes into force; rollback and undo: a former one does.

verb_activate() { apply_verb "$1" "$2" may-defer; }

verb_finish() { apply_verb "$1" "$2" now; }

apply_verb() {
  begin_step "$1" "$2"
  use_node "$conf_dir/$1/node.conf"
  [ -e "$state_dir/$1/owner" ] || fail "the cluster $1 is not on this host; stage it first"
  if [ "$3" = may-defer ]; then
    take_turn "$1" "$2"
  elif has_turn "$1" "$2"; then
    keep_turn "$1" "$2"
  else
    # The confirm tries again when the other change is over, on all hosts together.
    say deferred
    return 0
  fi
  applied=$(current_generation "$1")
  if [ "$applied" = "$2" ]; then
    say "generation $2 is applied already"
    return 0
  fi
  # Two clusters that are new to this host may have been staged side by side.
  check_paths "$1" "$(generation_dir "$1" "$2")/manifest"
  take_in "$1" "$2"
  conf=$(words_conf "$1" "$2")
  use_node "$conf"
  # Said of a former try.
  untell "$1" refused
  holding=no
  ! serves_a_vip "$1" "$conf" || holding=yes
  all_agree=no
  # The others may be at the generation before one that is pending here.
  if must_agree "$1" "$applied" "$2" || must_agree "$1" "$(confirmed_generation "$1")" "$2"; then
    all_agree=yes
    refuse_split "$1" "$applied" "$conf_dir/$1/node.conf"
  fi
  how=whole
  if [ "$3" = may-defer ] && [ "$holding" = yes ]; then
    other_holders=
    [ "$all_agree" = no ] || other_holders=$(holding_peers "$1" "$2")
    if [ -z "$other_holders" ]; then
      say deferred
      return 0
    fi
    refuse_leavers "$conf" "$other_holders"
    how=apart
  fi
  if [ "$all_agree" = yes ] && [ "$how" = whole ]; then
    if [ "$holding" = yes ]; then
      # Hosts that this change has left out, because they were changed in a former try, are asked to join at the end.
      if can_tell "$1" "$2" && [ -n "$(silent_peers "$1" "$2" apart running)" ]; then
        say deferred
        return 0
      fi
    elif holder_is_behind "$1" "$2"; then
      refuse_leaving_holder "$conf" "$conf_dir/$1/node.conf"
      how=apart
    fi
  fi
  # Observations that follow are of this try.
  rm -f "$state_dir/$1/refused"
  activate "$1" "$2" "$how"
  if [ "$how" = apart ]; then
    say "activated $2; keepalived starts when the holder has it, too"
  else
    say "activated $2"
  fi
}

# refuse_split CLUSTER APPLIED CONF: without its peer a host cannot know what that one counts on of a witness.
refuse_split() {
  [ "$2" != 0 ] && has_lease "$3" || return 0
  facts peer "$3" >"$work/split-peers"
  split_dev=$(facts interface "$3")
  while read -r _ split_address; do
    if ask "$split_address" "$split_dev" || [ -n "$(neighbour "$split_address" "$split_dev")" ]; then return 0; fi
  done <"$work/split-peers"
  fail "the peer does not answer, and with a witness both nodes must make this change together; try again when they hear each other"
}

# holding_peers CLUSTER GENERATION: names, as the present files have them, of the peers that hold addresses of the cluster, as
# far as they can be asked: virtual routers with a primary of their own have several holders. `?` stands for one that answers
# and cannot be told from others.
holding_peers() (
  conf=$(present_conf "$1" "$2")
  peer_nodes "$conf" >"$work/peer-names"
  facts vip "$conf" >"$work/shared-vips"
  while read -r _ shared_vip shared_dev; do
    ! held "${shared_vip%/*}" "$shared_dev" >/dev/null || continue
    macs=$(answering_macs "${shared_vip%/*}" "$shared_dev" </dev/null) || continue
    [ -z "$macs" ] || name_of "$macs" "$shared_dev" | grep -x -F -f "$work/peer-names" || say '?'
  done <"$work/shared-vips" | sort -u
)

# refuse_leavers CONF NAMES: holders that CONF does not know as peers any more.
refuse_leavers() {
  for leaver in $2; do
    [ "$leaver" = '?' ] || peer_nodes "$1" | grep -q -x -F "$leaver" || refuse_leaver "an address" "$leaver"
  done
}

# refuse_leaver WHAT NAME
refuse_leaver() {
  fail "$1 is held by $2, which this change takes out; move it first: on $2, systemctl disable --now keepalived"
}

# Seconds of a hand-over that a step can wait for.
longest_hand_over=60

# give_way CLUSTER: a peer takes the addresses before keepalived stops here. One that was set up by hand knows no drain:
# that one hands over when it is stopped.
give_way() {
  knows_drain || return 0
  give_way_left=$(hand_over_seconds "$1")
  # With a long preempt_delay a peer waits for longer than a step may take; from a host that stops it takes over at once.
  [ "$give_way_left" -le "$longest_hand_over" ] || return 0
  move_force=no
  get_ready "$1"
  drain_on "$1"
  await_no_vip "$1" "$give_way_left" ||
    fail "no peer took the addresses of $1 within $give_way_left s, and one host must hold all of them for this change; see vrrp-agent status on the peers, or drain those, so that they stay here"
}

# begin_step CLUSTER GENERATION: the beginning of each step that changes what is in force.
begin_step() {
  check_name cluster "$1"
  check_name generation "$2"
  umask 022
  make_work
  take_lock apply 9
}

# require_generation CLUSTER GENERATION
require_generation() {
  [ -e "$(generation_dir "$1" "$2")/manifest" ] ||
    fail "generation $2 of $1 is not on this host; stage it again: change the spec or replace the stage step"
}

# refuse_leaving_holder CONF FORMER_CONF: after vip_elsewhere. The hosts that stay would not hear one that this change
# takes out, and it is stopped after them.
refuse_leaving_holder() {
  [ -n "${elsewhere_macs-}" ] && [ -e "$2" ] || return 0
  # shellcheck disable=SC2086
  leaver_macs=$(strangers_among "$1" "$dev" $elsewhere_macs)
  [ -n "$leaver_macs" ] || return 0
  leaver=$(conf=$2 && name_of "$leaver_macs" "$dev")
  refuse_leaver "${vip%/*}" "$leaver"
}

# take_in CLUSTER GENERATION: sets is_new to yes when this is the first try of it.
take_in() {
  require_generation "$1" "$2"
  is_new=no
  take_in_mark=$(generation_dir "$1" "$2")/new
  [ ! -e "$take_in_mark" ] || is_new=yes
  rm -f "$take_in_mark"
}

# activate CLUSTER GENERATION [apart]: in force at the end, or the host is back where it was and the step has failed.
activate() {
  # What was never confirmed is nothing to go back to.
  former=$(confirmed_generation "$1")
  # The first apply starts from what is there now.
  [ "$former" != 0 ] || [ -e "$state_dir/$1/pending" ] || rm -rf "$(generation_dir "$1" 0)"
  make_reserve "$1" "$former"
  untell "$1"
  mkdir -p "$run_dir/$1"
  # Only of a try that is repeated: to ask in vain takes a second.
  { [ "${is_new-}" = yes ] || old_refusers "$1" "$2"; } >"$run_dir/$1/old-refusers"
  # Armed first: a change is never pending without a timer.
  arm_undo "$1" "$2"
  write_pending "$1" "$former" "$2" $(($(uptime) + $(undo_seconds "$1" "$2")))
  keys_later=yes
  attempt enter "$1" "$2" "${3-}"
  if [ "$attempt_status" -eq 0 ]; then
    if [ "${3-}" = apart ]; then tell "$1" apart "$2"; else tell "$1" running "$2"; fi || true
    return 0
  fi
  take_back "$1"
}

# enter CLUSTER GENERATION HOW
enter() {
  [ "$3" != apart ] || ! serves_a_vip "$1" "$(words_conf "$1" "$2")" || give_way "$1"
  make_current "$1" "$2" "$3"
}

# take_back CLUSTER: ends a step that has failed with a change pending.
take_back() {
  take_back_former=$(confirmed_generation "$1")
  # In words of its own when this fails, too: the timer then tries on.
  attempt go_back "$1" "$take_back_former"
  if [ "$attempt_status" -eq 0 ]; then
    warn "the host is back at generation $take_back_former"
  else
    warn "the host is not back at generation $take_back_former yet; its undo timer tries again every $undo_interval s"
  fi
  exit 1
}

# make_current CLUSTER GENERATION HOW
make_current() {
  bring_into_force "$1" "$2" "$3"
  set_current "$1" "$2"
}

# old_refusers CLUSTER GENERATION: peers that still say that they went back from a former try of it.
old_refusers() {
  for old_node in $(peer_nodes "$(words_conf "$1" "$2")"); do
    ! told_by "$1" "$old_node" refused "$2" || say "$old_node"
  done
}

# pending_generation CLUSTER: empty when there is none.
pending_generation() { [ ! -e "$state_dir/$1/pending" ] || cut -d ' ' -f 2 "$state_dir/$1/pending"; }

# write_pending CLUSTER FORMER NEW DEADLINE
write_pending() {
  say "$2 $3 $(boot_id) $4" | write_file "$state_dir/$1/pending"
  sync "$state_dir/$1/pending" "$state_dir/$1"
}

# go_back CLUSTER FORMER: undoes a change, pending or not. Where hosts on either side of it would not hear each other,
# one that is not alone in having it stops keepalived first, and starts it when nobody runs the other side any more.
go_back() {
  go_back_new=
  go_back_how=whole
  keys_later=no
  drop_reserve "$1"
  if [ -e "$state_dir/$1/pending" ]; then
    read -r _ go_back_new _ <"$state_dir/$1/pending"
    # Due already, should this be cut short. And of this boot: keepalived's start must not undo it a second time.
    write_pending "$1" "$2" "$go_back_new" 0
    tell "$1" refused "$go_back_new" || true
    if [ "$2" != 0 ] && must_agree "$1" "$2" "$go_back_new"; then
      if can_tell "$1" "$go_back_new"; then
        ! somebody_tells "$1" running "$go_back_new" >/dev/null || go_back_how=apart
      elif ! serves_a_vip "$1" "$(words_conf "$1" "$go_back_new")"; then
        go_back_how=apart
      fi
    fi
  fi
  [ "$go_back_how" = whole ] || say "$go_back_new" | write_file "$state_dir/$1/apart"
  make_current "$1" "$2" "$go_back_how"
  [ "$2" != 0 ] || remove_made_directories "$1"
  sync "$state_dir/$1"
  drain_off "$1"
  untell_all_but "$1" refused
  [ "$go_back_how" = whole ] || start_again "$1"
  rm -f "$state_dir/$1/pending"
  end_turn "$1" "$go_back_new"
  sync "$state_dir/$1"
  disarm_undo "$1"
}

# Seconds that a host which goes back waits for those that have not yet.
patience=${VRRP_PATIENCE_SECONDS:-30}

# start_again CLUSTER: keepalived, once nobody runs the generation that this host has left.
start_again() {
  # keepalived's own start waits, see verb_boot.
  [ "$step" != boot ] || return 0
  start_left=$patience
  while blocks_start "$1"; do
    # The timer tries on.
    [ "$start_left" -gt 0 ] ||
      fail "$(somebody_tells "$1" running "$(cat "$state_dir/$1/apart")") still runs what this host went back from; keepalived starts when it went back, too"
    start_left=$((start_left - 1))
    sleep 1
  done
  start_kept_apart "$1"
}

# start_kept_apart CLUSTER: keepalived, which had to wait for other hosts.
start_kept_apart() {
  rm -f "$state_dir/$1/apart"
  keepalived_pid >/dev/null || service start
  look_keepalived
}

# blocks_start CLUSTER: the mark that keepalived is not to run yet still holds.
blocks_start() {
  [ -e "$state_dir/$1/apart" ] || return 1
  read -r blocks_generation <"$state_dir/$1/apart"
  # Of the generation that is in force: the others have to get it first.
  if [ "$blocks_generation" = "$(current_generation "$1")" ]; then
    can_tell "$1" "$blocks_generation" && holder_is_behind "$1" "$blocks_generation"
    return
  fi
  if can_tell "$1" "$blocks_generation"; then
    somebody_tells "$1" running "$blocks_generation" >/dev/null
  else
    # Nobody can be asked: while somebody serves, there is time to let that one go back first.
    [ "${start_left:-0}" -gt 0 ] && vip_elsewhere "$(words_conf "$1" "$(current_generation "$1")")"
  fi
}

# holder_is_behind CLUSTER GENERATION: another host serves, and none has this generation.
holder_is_behind() {
  vip_elsewhere "$(words_conf "$1" "$2")" &&
    ! somebody_tells "$1" running "$2" >/dev/null && ! somebody_tells "$1" confirmed "$2" >/dev/null
}

# can_tell CLUSTER GENERATION: whether the peers can be asked at all.
can_tell() {
  can_tell_dev=$(facts interface "$(words_conf "$1" "$2")")
  [ -n "$can_tell_dev" ] && carries_words "$can_tell_dev" && ip -6 -o address show dev "$can_tell_dev" scope link 2>/dev/null | grep -q .
}

# must_agree CLUSTER FORMER NEW: whether daemons with these two generations would not accept each other's adverts, or the
# change makes keepalived drop the instance. Nothing is known of what was there before the first apply.
must_agree() (
  new_dir=$(generation_dir "$1" "$3")
  new_conf=$new_dir/files/etc/vrrp-agent/$1/node.conf
  [ -n "$(facts instance "$new_conf")" ] && [ "$(facts peers-elsewhere "$new_conf")" != yes ] || exit 1
  [ "$2" != 0 ] || exit 0
  former_dir=$(generation_dir "$1" "$2")
  former_conf=$former_dir/files/etc/vrrp-agent/$1/node.conf
  [ "$(agreement "$former_conf")" = "$(agreement "$new_conf")" ] || exit 0
  auth=files/etc/keepalived/$1.auth.conf
  [ ! -e "$former_dir/$auth" ] && [ ! -e "$new_dir/$auth" ] || cmp -s "$former_dir/$auth" "$new_dir/$auth" || exit 0
  # A peer whose adverts would not be accepted any more; one that is new says nothing yet.
  facts peer "$new_conf" >"$work/new-peers"
  facts peer "$former_conf" | grep -q -v -x -F -f "$work/new-peers"
)

# drops_instances CLUSTER FORMER NEW: whether keepalived answers the change by taking down an instance and making a new
# one. Nothing is known of what was there before the first apply.
drops_instances() {
  drops_new=$(generation_dir "$1" "$3")/files/etc/vrrp-agent/$1/node.conf
  [ -n "$(facts instance "$drops_new")" ] || return 1
  [ "$2" = 0 ] ||
    [ "$(identity "$(generation_dir "$1" "$2")/files/etc/vrrp-agent/$1/node.conf")" != "$(identity "$drops_new")" ]
}

# identity CONF: what keepalived knows an instance by.
identity() {
  [ ! -e "$1" ] || awk '$1 == "instance" { print } $1 == "agree" { print $1, $2, $5, $6 }' "$1" | sort
}

# agreement CONF: what the hosts of a cluster must have alike.
agreement() { [ ! -e "$1" ] || awk '$1 ~ /^(instance|agree|ttl|vip|witness|witness-endpoint)$/' "$1" | sort; }

# bring_into_force CLUSTER GENERATION [apart]: files, then what reads them, then a look.
bring_into_force() {
  manages=no
  ! manages_keepalived "$(generation_dir "$1" "$2")" || manages=yes
  if [ "$manages" = yes ]; then
    mkdir -p "$state_dir/$1/generations/0"
    record_service "$1"
  fi
  # Also when a change that came into force in part is taken back.
  must_hold=no
  for other in "$(current_generation "$1")" "$(pending_generation "$1")"; do
    [ "$2" = 0 ] || [ -z "$other" ] || ! drops_instances "$1" "$other" "$2" || must_hold=yes
  done
  # It leaves with its own files still there.
  [ "${3-}" != apart ] || [ "$step" = boot ] || stop_service
  prepare_tunnels "$1" "$2"
  stop_role "$1" "$2"
  leave_nginx "$1" "$2"
  leave_conntrack "$1" "$2"
  record_nginx "$1" "$2"
  move_to "$1" "$2"
  unlink_unit
  [ "$manages" = no ] || point_keepalived "$1"
  if moved "$1" /etc/systemd/system/ && has_systemd; then
    tool "systemctl daemon-reload failed" systemctl daemon-reload
  fi
  tell_network "$1"
  drive_selinux "$1" "$(generation_dir "$1" "$2")"
  if [ "$step" = boot ]; then firewall_ensure_or_warn; else firewall_ensure; fi
  # Before the settings of the kernel, some of which are an interface's.
  drive_tunnels "$1" "$2"
  apply_sysctls "$1" "$(generation_dir "$1" "$2")"
  # It may bind to virtual addresses from here on, and is asked as soon as keepalived runs.
  drive_nginx "$1"
  prepare_checks "$1"
  if [ "$manages" = no ]; then
    return_service "$1"
    end_lending "$1"
  elif [ "${3-}" = apart ]; then
    # One that go_back has set stays.
    [ -e "$state_dir/$1/apart" ] || say "$2" | write_file "$state_dir/$1/apart"
    service_enabled || service enable
  elif [ "$step" != boot ]; then
    rm -f "$state_dir/$1/apart"
    drive_keepalived "$1" "$2" "$must_hold"
    end_lending "$1"
    look_keepalived
    # A round that was under way may have come after.
    end_lending "$1"
    drive_role "$1"
  fi
  if [ "$step" != boot ]; then
    problems=$(firewall_problems)
    [ -z "$problems" ] || fail "$problems"
  fi
  rm -f "$state_dir/$1/moving"
}

# wanted_sysctls DIRECTORY: KEY VALUE of the generation's sysctl files.
wanted_sysctls() {
  manifest_paths "$1/manifest" | { grep '^/etc/sysctl\.d/' || true; } | while read -r path; do
    sed -n 's/^ *\([A-Za-z0-9_./-]*\) *= *\(.*[^ ]\) *$/\1 \2/p' "$1/files$path"
  done
}

# sysctl_elsewhere CLUSTER KEY: another cluster on this host sets KEY; prints what it was before.
sysctl_elsewhere() (
  for other in $(clusters); do
    [ "$other" != "$1" ] || continue
    wanted_sysctls "$(generation_dir "$other" "$(current_generation "$other")")" | grep -q "^$2 " || continue
    sed -n "s|^sysctl $2 ||p" "$state_dir/$other/generations/0/kept"
    exit 0
  done
  exit 1
)

# apply_sysctls CLUSTER DIRECTORY: values of the generation's sysctl files; those it does not set become what they were.
apply_sysctls() {
  wanted_sysctls "$2" >"$work/sysctls"
  while read -r key value; do
    knob=$root/proc/sys/$(say "$key" | tr . /)
    if [ ! -e "$knob" ]; then
      # One of an interface is set when that comes.
      [ "$step" != boot ] || continue
      fail "the kernel has no sysctl $key; remove what asks for it"
    fi
    if ! grep -q "^sysctl $key " "$state_dir/$1/generations/0/kept" 2>/dev/null; then
      former_value=$(sysctl_elsewhere "$1" "$key") || former_value=$(tr '\t' ' ' <"$knob")
      keep_line "$1" "sysctl $key $former_value"
    fi
    say "$value" >"$knob"
  done <"$work/sysctls"
  sed -n 's/^sysctl //p' "$state_dir/$1/generations/0/kept" 2>/dev/null >"$work/former-sysctls" || true
  while read -r key value; do
    knob=$root/proc/sys/$(say "$key" | tr . /)
    grep -q "^$key " "$work/sysctls" || sysctl_elsewhere "$1" "$key" >/dev/null || [ ! -e "$knob" ] || say "$value" >"$knob"
  done <"$work/former-sysctls"
}

# own_vips CLUSTER CONF: ADDRESS/PREFIX DEV of the addresses that are on this host's interfaces now, of those that are
# applied, else of CONF.
own_vips() {
  own_conf=$conf_dir/$1/node.conf
  [ -e "$own_conf" ] || own_conf=$2
  facts vip "$own_conf" | while read -r _ vip dev; do
    if [ -d "$root/sys/class/net/$dev" ] && held "${vip%/*}" "$dev" >/dev/null; then say "$vip $dev"; fi
  done
}

# holds_a_vip CLUSTER: as the interfaces have it now.
holds_a_vip() { [ -n "$(own_vips "$1" "")" ]; }

# serves_a_vip CLUSTER CONF: as the interfaces have it now, with a daemon that minds it.
serves_a_vip() { [ -n "$(own_vips "$1" "$2")" ] && keepalived_pid >/dev/null; }

# vip_elsewhere CONF: another host answers for an address that this one does not have; so be it where nobody can be asked.
vip_elsewhere() {
  elsewhere_macs=
  facts vip "$1" >"$work/asked-vips"
  while read -r _ vip dev; do
    ! held "${vip%/*}" "$dev" >/dev/null || continue
    elsewhere_macs=$(answering_macs "${vip%/*}" "$dev" </dev/null) || return 0
    [ -z "$elsewhere_macs" ] || return 0
  done <"$work/asked-vips"
  return 1
}

# rollback [CLUSTER [GENERATION]]: a pending change is undone; else the generation confirmed before the current one comes
# back, or the one that is named.
verb_rollback() {
  umask 022
  make_work
  take_lock apply 9
  for cluster in ${1:-$(clusters)}; do
    require_cluster "$cluster"
    present=$(current_generation "$cluster")
    target=${2:-$(former_generation "$cluster")}
    [ -n "$target" ] || fail "there is no generation of $cluster before the present one; see: vrrp-agent generations"
    if [ "$target" = "$present" ] && [ ! -e "$state_dir/$cluster/pending" ]; then
      say "$cluster is at generation $target already"
      continue
    fi
    [ "$target" = 0 ] || [ -e "$(generation_dir "$cluster" "$target")/manifest" ] ||
      fail "generation $target of $cluster is not on this host; see: vrrp-agent generations"
    use_node "$(words_conf "$cluster" "$target")"
    if [ -e "$state_dir/$cluster/pending" ] || [ "$target" = 0 ]; then
      go_back "$cluster" "$target"
    else
      if must_agree "$cluster" "$present" "$target"; then
        switch_together "$cluster" "$target"
      else
        (activate "$cluster" "$target")
      fi
      join_keys "$cluster"
      commit "$cluster" "$target" in-its-place
    fi
    say "$cluster is at generation $target"
  done
}

# confirmed_generation CLUSTER: the one that a pending change goes back to, else the current one.
confirmed_generation() {
  if [ -e "$state_dir/$1/pending" ]; then cut -d ' ' -f 1 "$state_dir/$1/pending"; else current_generation "$1"; fi
}

# former_generation CLUSTER: empty when there is none.
former_generation() {
  if [ -e "$state_dir/$1/pending" ]; then
    confirmed_generation "$1"
  else
    { say 0; cat "$state_dir/$1/history" 2>/dev/null || true; } |
      awk -v current="$(current_generation "$1")" '$0 == current { print former; exit } { former = $0 }'
  fi
}
