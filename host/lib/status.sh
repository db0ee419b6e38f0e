# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# status: what the interfaces, the daemon, the files and the firewall say. The state file's word stands beside it.

verb_status() {
  case ${1-} in
  --json) ;;
  '') ;;
  *)
    warn "unknown option $1; --json is the only one"
    exit 2
    ;;
  esac
  make_work
  status_facts >"$work/facts"
  if [ "${1-}" = --json ]; then status_json; else status_text; fi <"$work/facts"
}

# status_facts: one fact a line, in the order in which they are shown.
status_facts() {
  if pid=$(keepalived_pid); then
    say "keepalived running $pid $(utc $(($(now) - $(keepalived_age "$pid"))))"
    daemon=running
  else
    say "keepalived stopped"
    daemon=stopped
  fi
  firewall_report | sed 's/^/firewall /'
  host_facts | sed 's/^/host /'
  ! selinux_on || selinux_denials | sed 's/^/denied /'
  for cluster in $(clusters); do
    cluster_facts "$cluster"
  done
}

cluster_facts() {
  conf=$conf_dir/$1/node.conf
  current=0 applied=
  [ ! -e "$state_dir/$1/current" ] || read -r current applied <"$state_dir/$1/current"
  name=$(facts node "$conf")
  say "cluster $1 ${name:-$node} $current ${applied:+$(utc "$applied")}"
  [ ! -e "$state_dir/$1/pending" ] || say "pending $(cut -d ' ' -f 1 "$state_dir/$1/pending")"
  ! is_drained "$1" || say "drained"
  ! is_promoted "$1" || say "promoted"
  ! keeps "$conf" || say "keeps"
  facts hand-over "$conf" | sed 's/^/hand-over /'
  facts witness "$conf" | sed -n 's/^lease /lease /p'
  ! falls_silent 2>/dev/null || say "drain-is-fault"
  drift "$1" "$current"
  tunnel_facts "$conf"
  check_facts "$1" "$conf"
  role_facts "$1" "$conf"
  facts instance "$conf" >"$work/instances"
  while read -r instance _; do
    instance_facts "$1" "$instance"
  done <"$work/instances"
}

# drift CLUSTER GENERATION: what is not as it was applied, in words.
drift() {
  [ "$2" != 0 ] || return 0
  dir=$(generation_dir "$1" "$2")
  {
    drifted "$1" "$dir"
    firewall_drift "$dir" | sed 's/;.*//'
  } | sed 's/^/drift /'
}

# instance_facts CLUSTER INSTANCE
instance_facts() {
  facts vip "$conf" | awk -v instance="$2" '$1 == instance' >"$work/instance-vips"
  total=0 here_count=0
  : >"$work/instance-facts"
  while read -r _ vip dev; do
    total=$((total + 1))
    word=free
    if [ -d "$root/sys/class/net/$dev" ] && held "${vip%/*}" "$dev" >/dev/null; then
      word=held
      here_count=$((here_count + 1))
    fi
    say "vip ${vip%/*} $dev $word" >>"$work/instance-facts"
  done <"$work/instance-vips"
  case $daemon:$here_count in
  running:0) state=BACKUP ;;
  running:"$total") state=MASTER ;;
  running:*) state=PARTIAL ;;
  stopped:0) state=STOPPED ;;
  *) state=LEFTOVER ;;
  esac
  say "instance $2 $state"
  instance_timing "$2"
  cat "$work/instance-facts"
  file=$run_dir/$1/$2.state
  if [ -e "$file" ]; then
    file_words=$(reported_words "$file")
    case $file_words in '- '*) ;; *) say "reported $file_words" ;; esac
  fi
}

# reported_words FILE: STATE PRIORITY AGE of a state file, AGE in seconds since its last heartbeat; `-` where it does not say. One that
# a repair has written has no priority where keepalived does not tell it.
reported_words() {
  awk -v now="$(now)" '
    function known(what) { return v[what] == "" ? "-" : v[what] }
    { v[$1] = $2 }
    END { print known("state"), known("priority"), (v["heartbeat"] == "" ? "-" : now - v["heartbeat"]) }' "$1"
}

# instance_timing INSTANCE: `timing VERSION ADVERT-INT DOWN-TIMER-ADVERTS PRIORITY|-`, which say how soon it takes over. The
# priority is the configured one: keepalived tells one only when its state changes.
instance_timing() {
  facts agree "$conf" | while read -r timing_name timing_version timing_advert _; do
    [ "$timing_name" = "$1" ] || continue
    timing_words=$(awk -v wanted="$1" '
      $1 == "vrrp_instance" { here = $2 == wanted }
      here && $1 ~ /^(down_timer_adverts|priority)$/ && $2 ~ /^[0-9]+$/ { value[$1] = $2 }
      END {
        print ("down_timer_adverts" in value ? value["down_timer_adverts"] : 3), ("priority" in value ? value["priority"] : "-")
      }' "$root$keepalived_conf" 2>/dev/null) || true
    say "timing $timing_version $timing_advert ${timing_words:-3 -}"
  done
}

status_text() {
  awk '
    $1 == "keepalived" { print "keepalived: " $2 ($3 ? " (pid " $3 ", since " $4 ")" : "") }
    $1 == "firewall" { sub(/^firewall /, ""); print "firewall: " $0 }
    $1 == "host" {
      what = $2
      sub(/^host [^ ]+ ?/, "")
      if (what == "title") title = $0
      else if (what == "init") init = $0
      else if (what == "package-manager") packages = $0 == "none" ? "no package manager" : $0
      else if (what == "firewall") walls = walls (walls == "" ? "" : ", ") $0
      else if (what == "keepalived") version = $0
      else if (what == "selinux") selinux = $0
      else if (what == "network-manager") managers = managers ", " $0
      else if (what == "clock") print "host: " title ", " init ", " packages (version == "" ? "" : ", keepalived " version) ", " (walls == "" ? "no firewall" : walls) managers (selinux == "disabled" ? "" : ", SELinux " selinux) ($2 == "no" ? ", clock not synchronised" : "")
    }
    $1 == "denied" { print "SELinux denied " $4 " (" $6 "): " $2 " of the " $3 " " $5 " (" $7 ")" }
    $1 == "cluster" { print $2 ": node " $3 ", " ($4 == 0 ? "not applied" : "generation " substr($4, 1, 12) ", applied " $5) }
    $1 == "pending" { print "  not confirmed yet; goes back to " substr($2, 1, 12) " by itself" }
    $1 == "drained" { print "  drained: takes no address while a healthy peer is there, until vrrp-agent undrain" }
    $1 == "promoted" { print "  promoted: takes the addresses whenever it is healthy, until vrrp-agent undrain" }
    $1 == "drift" { sub(/^drift /, ""); print "  changed by hand: " $0 }
    $1 == "tunnel" { print "  tunnel " $2 ": " $3 }
    $1 == "tunnel-peer" { print "    " $2 ": " ($3 == "never" ? "no handshake yet" : "handshake " $3 " s ago") ($4 == "none" ? "" : ", at " $4) }
    $1 == "check" {
      name = $2; kind = $3; condition = $4; verdict = $5; since = $6
      sub(/^([^ ]+ )([^ ]+ )([^ ]+ )([^ ]+ )([^ ]+ )[^ ]+ ?/, "")
      if (condition == "stale") condition = "no result"
      if (condition == "broken") condition = "broken, goes on as " verdict
      print "  check " name " (" kind "): " (since == "never" ? "not run yet" : condition " since " since ($0 == "" ? "" : ": " $0))
    }
    $1 == "role" {
      print "  role: " ($2 == $3 ? $3 " since " $4 : "to become " $2 ($6 == "-" ? "" : ", doing " $6)) ($5 == "never" ? ", the loop has not run yet" : $5 > 30 ? ", no sign of the loop for " $5 " s" : "")
    }
    $1 == "action" {
      head = "    " $2 " (" $3 "): " $4 ($5 == "none" ? "" : " as " $5)
      for (i = 0; i < 6; i++) sub(/^[^ ]+ ?/, "")
      print head ($0 == "" ? "" : ": " $0)
    }
    $1 == "instance" { print "  " $2 ": " $3 }
    $1 == "vip" { print "    " $2 " on " $3 ": " $4 }
    $1 == "reported" {
      print "    keepalived reported " $2 " (priority " ($3 == "-" ? "unknown" : $3) ", " ($4 == "-" ? "no heartbeat" : "heartbeat " $4 " s ago") ")"
    }'
}

# Names, addresses and paths hold no character that JSON escapes but in the firewall's words.
status_json() {
  awk -v node="$node" '
    function text(value) { gsub(/\\/, "&&", value); gsub(/"/, "\\\"", value); return "\"" value "\"" }
    function known(what) { return fact[what] == "" || fact[what] == "none" ? "null" : text(fact[what]) }
    function host_facts() {
      return "{\"distribution\":" known("distribution") ",\"release\":" known("release") ",\"title\":" known("title") ",\"init\":" known("init") ",\"packageManager\":" known("package-manager") ",\"firewalls\":" list(walls) ",\"selinux\":" known("selinux") ",\"networkManagers\":" list(managers) ",\"keepalived\":" (fact["keepalived"] == "" ? "null" : "{\"version\":" text(fact["keepalived"]) ",\"options\":" list(built) "}") ",\"clock\":" (clock == "" ? "null" : clock) "}"
    }
    function number(value) { return value == "-" ? "null" : value }
    function list(items) { return "[" items "]" }
    function add(items, item) { return items (items == "" ? "" : ",") item }
    function end_instance() {
      if (instance == "") return
      instances = add(instances, "{" instance ",\"timing\":" (timing == "" ? "null" : timing) ",\"vips\":" list(vips) ",\"reported\":" (reported == "" ? "null" : reported) "}")
      instance = timing = vips = reported = ""
    }
    function end_tunnel() {
      if (tunnel != "") tunnels = add(tunnels, "{" tunnel ",\"peers\":" list(tunnel_peers) "}")
      tunnel = tunnel_peers = ""
    }
    function end_cluster() {
      end_instance()
      end_tunnel()
      if (cluster == "") return
      clusters = add(clusters, "{" cluster ",\"pending\":" pending ",\"drained\":" drained ",\"promoted\":" promoted ",\"keeps\":" keeps ",\"handOver\":" hand_over ",\"lease\":" lease ",\"drainIsFault\":" silent ",\"drift\":" list(drift) ",\"tunnels\":" list(tunnels) ",\"checks\":" list(checks) ",\"role\":" (role == "" ? "null" : "{" role ",\"actions\":" list(actions) "}") ",\"instances\":" list(instances) "}")
      cluster = instances = drift = tunnels = checks = role = actions = ""
    }
    $1 == "keepalived" {
      daemon = $2 == "running" ? "{\"running\":true,\"pid\":" $3 ",\"since\":" text($4) "}" : "{\"running\":false}"
    }
    $1 == "firewall" { sub(/^firewall /, ""); problems = add(problems, text($0)) }
    $1 == "host" {
      what = $2
      sub(/^host [^ ]+ ?/, "")
      if (what == "firewall") walls = add(walls, text($0))
      else if (what == "network-manager") managers = add(managers, text($0))
      else if (what == "keepalived-options") { count = split($0, words, " "); for (i = 1; i <= count; i++) built = add(built, text(words[i])) }
      else if (what == "clock") clock = "{\"at\":" text($1) ",\"synchronised\":" ($2 == "yes" ? "true" : $2 == "no" ? "false" : "null") "}"
      else fact[what] = $0
    }
    $1 == "denied" {
      denials = add(denials, "{\"permissions\":" text($2) ",\"class\":" text($3) ",\"command\":" text($4) ",\"name\":" text($5) ",\"source\":" text($6) ",\"target\":" text($7) "}")
    }
    $1 == "cluster" {
      end_cluster()
      cluster = "\"cluster\":" text($2) ",\"node\":" text($3) ",\"generation\":" text($4) ",\"appliedAt\":" ($5 ? text($5) : "null")
      pending = drained = promoted = keeps = silent = "false"
      hand_over = lease = "null"
    }
    $1 == "pending" { pending = "true" }
    $1 == "drained" { drained = "true" }
    $1 == "promoted" { promoted = "true" }
    $1 == "keeps" { keeps = "true" }
    $1 == "hand-over" { hand_over = $2 }
    $1 == "lease" { lease = $2 }
    $1 == "drain-is-fault" { silent = "true" }
    $1 == "drift" { sub(/^drift /, ""); drift = add(drift, text($0)) }
    $1 == "tunnel" { end_tunnel(); tunnel = "\"interface\":" text($2) ",\"up\":" ($3 == "up" ? "true" : "false") }
    $1 == "tunnel-peer" {
      tunnel_peers = add(tunnel_peers, "{\"node\":" text($2) ",\"handshakeAge\":" ($3 == "never" ? "null" : $3) ",\"endpoint\":" ($4 == "none" ? "null" : text($4)) "}")
    }
    $1 == "check" {
      item = "{\"name\":" text($2) ",\"kind\":" text($3) ",\"state\":" text($4) ",\"verdict\":" text($5) ",\"since\":" ($6 == "never" ? "null" : text($6))
      sub(/^([^ ]+ )([^ ]+ )([^ ]+ )([^ ]+ )([^ ]+ )[^ ]+ ?/, "")
      checks = add(checks, item ",\"words\":" text($0) "}")
    }
    $1 == "role" {
      role = "\"wanted\":" text($2) ",\"reached\":" text($3) ",\"since\":" text($4) ",\"heartbeatAge\":" ($5 == "never" ? "null" : $5) ",\"doing\":" ($6 == "-" ? "null" : text($6))
    }
    $1 == "action" {
      item = "{\"name\":" text($2) ",\"kind\":" text($3) ",\"state\":" text($4) ",\"role\":" ($5 == "none" ? "null" : text($5)) ",\"at\":" ($6 + 0 == 0 ? "null" : $6)
      for (i = 0; i < 6; i++) sub(/^[^ ]+ ?/, "")
      actions = add(actions, item ",\"words\":" text($0) "}")
    }
    $1 == "instance" { end_instance(); instance = "\"name\":" text($2) ",\"state\":" text($3) }
    $1 == "timing" { timing = "{\"version\":" $2 ",\"advertInt\":" $3 ",\"downTimerAdverts\":" $4 ",\"priority\":" number($5) "}" }
    $1 == "vip" {
      vips = add(vips, "{\"address\":" text($2) ",\"dev\":" text($3) ",\"held\":" ($4 == "held" ? "true" : "false") "}")
    }
    $1 == "reported" {
      reported = "{\"state\":" text($2) ",\"priority\":" number($3) ",\"heartbeatAge\":" number($4) "}"
    }
    END {
      end_cluster()
      printf "{\"host\":%s,\"facts\":%s,\"keepalived\":%s,\"firewall\":{\"ok\":%s,\"problems\":%s},\"denials\":%s,\"clusters\":%s}\n",
        text(node), host_facts(), daemon, problems == "" ? "true" : "false", list(problems), list(denials), list(clusters)
    }'
}
