# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# metrics: what status finds, as Prometheus reads it (text exposition format 0.0.4), for node_exporter's textfile collector:
#   vrrp-agent metrics >/PATH/vrrp.prom.new && mv /PATH/vrrp.prom.new /PATH/vrrp.prom
# An instance of VRRP is the label `vrrp_instance`, for `instance` is the scraped target's own.

verb_metrics() {
  make_work
  status_facts >"$work/facts"
  metrics_text "$node" <"$work/facts"
}

# metrics_text HOST: of facts on stdin. A series whose value is not known is left out.
metrics_text() {
  awk -v host="$1" '
    function metric(name, help) { order[++metrics] = name; helps[name] = help }
    function label(key, value) {
      gsub(/\\/, "&&", value)
      gsub(/"/, "\\\"", value)
      gsub(/\n/, "\\n", value)
      return key "=\"" value "\""
    }
    function sample(name, labels, value) { samples[name] = samples[name] "vrrp_agent_" name "{" labels "} " value "\n" }
    # one series for each state, of which one is 1
    function states(name, labels, all, is,    count, words, i, found) {
      count = split(all, words, " ")
      for (i = 1; i <= count; i++) {
        sample(name, labels "," label("state", words[i]), words[i] == is ? 1 : 0)
        if (words[i] == is) found = 1
      }
      if (!found) sample(name, labels "," label("state", is), 1)
    }
    # seconds since 1970 of YYYY-MM-DDTHH:MM:SSZ
    function epoch(text,    at, year, month, century, day) {
      split(text, at, /[-T:Z]/)
      year = at[1] - (at[2] <= 2)
      month = (at[2] + 9) % 12
      century = int(year / 400)
      day = year - century * 400
      day = day * 365 + int(day / 4) - int(day / 100) + int((153 * month + 2) / 5) + at[3] - 1
      return sprintf("%.0f", ((century * 146097 + day - 719468) * 24 + at[4]) * 3600 + at[5] * 60 + at[6])
    }
    BEGIN {
      metric("up", "Whether keepalived runs.")
      metric("keepalived_start_time_seconds", "When keepalived was started, in seconds since 1970.")
      metric("keepalived_info", "Version of keepalived on the host; always 1.")
      metric("firewall_ok", "Whether all firewall rules of the agent are in force.")
      metric("clock_synchronised", "Whether the host takes its clock for right.")
      metric("selinux_denials", "What SELinux has denied to keepalived or to the agent within the last hour.")
      metric("generation_info", "Generation that is applied, 0 where there is none; always 1.")
      metric("applied_time_seconds", "When that generation was applied, in seconds since 1970.")
      metric("pending", "Whether a change is in force that is not confirmed yet.")
      metric("drained", "Whether the node gives its addresses to a healthy peer and takes none.")
      metric("promoted", "Whether the node takes the addresses whenever it is healthy.")
      metric("drift", "Number of things that are not as they were applied.")
      metric("instance_state", "State of a virtual router by interfaces and daemon: PARTIAL has some of its addresses, LEFTOVER has addresses without a keepalived.")
      metric("instance_reported_state", "State that keepalived has reported last.")
      metric("instance_priority", "Priority that keepalived has reported with it.")
      metric("heartbeat_age_seconds", "Seconds since the reader of keepalived\047s reports was last seen alive.")
      metric("vip_held", "Whether a virtual address is on its interface.")
      metric("check_passing", "Whether a check passes.")
      metric("check_state", "State of a check: broken is the check\047s own trouble, stale one without a result for long, unknown one that has not run yet.")
      metric("role_reached", "Whether the role that is wanted is reached wholly.")
      metric("role_heartbeat_age_seconds", "Seconds since the loop of the role was last seen alive.")
      metric("action_done", "Whether an action of the role was done as it should.")
      metric("tunnel_up", "Whether the interface of a tunnel is up.")
      metric("tunnel_handshake_age_seconds", "Seconds since the last handshake with a peer.")
      at_host = label("node", host)
      firewall = 1
    }
    function end_cluster() {
      if (here == "") return
      sample("pending", here, pending)
      sample("drained", here, drained)
      sample("promoted", here, promoted)
      sample("drift", here, drift)
    }
    $1 == "keepalived" {
      sample("up", at_host, $2 == "running" ? 1 : 0)
      if ($2 == "running") sample("keepalived_start_time_seconds", at_host, epoch($4))
    }
    $1 == "firewall" { firewall = 0 }
    $1 == "host" && $2 == "keepalived" && NF > 2 { sample("keepalived_info", at_host "," label("version", $3), 1) }
    $1 == "host" && $2 == "clock" && $4 ~ /^(yes|no)$/ { sample("clock_synchronised", at_host, $4 == "yes" ? 1 : 0) }
    $1 == "denied" { denials++ }
    $1 == "cluster" {
      end_cluster()
      here = label("cluster", $2) "," label("node", $3)
      pending = drained = promoted = drift = 0
      sample("generation_info", here "," label("generation", $4), 1)
      if ($5 != "") sample("applied_time_seconds", here, epoch($5))
    }
    $1 == "pending" { pending = 1 }
    $1 == "drained" { drained = 1 }
    $1 == "promoted" { promoted = 1 }
    $1 == "drift" { drift++ }
    $1 == "tunnel" {
      tunnel = here "," label("interface", $2)
      sample("tunnel_up", tunnel, $3 == "up" ? 1 : 0)
    }
    $1 == "tunnel-peer" && $3 != "never" { sample("tunnel_handshake_age_seconds", tunnel "," label("peer", $2), $3) }
    $1 == "check" {
      check = here "," label("check", $2) "," label("kind", $3)
      sample("check_passing", check, $4 == "passing" ? 1 : 0)
      states("check_state", check, "passing failing broken stale unknown", $4)
    }
    $1 == "role" {
      sample("role_reached", here "," label("role", $2), $2 == $3 ? 1 : 0)
      if ($5 != "never") sample("role_heartbeat_age_seconds", here, $5)
    }
    $1 == "action" { sample("action_done", here "," label("action", $2) "," label("kind", $3), $4 == "done" ? 1 : 0) }
    $1 == "instance" {
      instance = here "," label("vrrp_instance", $2)
      states("instance_state", instance, "MASTER BACKUP PARTIAL STOPPED LEFTOVER", $3)
    }
    $1 == "vip" { sample("vip_held", instance "," label("address", $2) "," label("interface", $3), $4 == "held" ? 1 : 0) }
    $1 == "reported" {
      states("instance_reported_state", instance, "MASTER BACKUP FAULT STOPPED", $2)
      if ($3 != "-") sample("instance_priority", instance, $3)
      if ($4 != "-") sample("heartbeat_age_seconds", instance, $4)
    }
    END {
      end_cluster()
      sample("firewall_ok", at_host, firewall)
      sample("selinux_denials", at_host, denials + 0)
      for (i = 1; i <= metrics; i++) {
        name = order[i]
        if (samples[name] == "") continue
        printf "# HELP vrrp_agent_%s %s\n# TYPE vrrp_agent_%s gauge\n%s", name, helps[name], name, samples[name]
      }
    }'
}
