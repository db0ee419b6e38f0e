# fw4: nft's text out of `uci show firewall`. Of firewall4's it has defaults, zones by their network or device, forwardings and
# rules: where a rule goes (rule.uc, fw4.uc's parse_rule) and how it is spelled.
function value(id, option) { return (id, option) in values ? values[id, option] : "" }
function device_of(network,   dev, line) {
  dev = ""
  if ((getline line < ("/tmp/run/netifd/" network)) > 0) dev = line
  close("/tmp/run/netifd/" network)
  if (dev == "") {
    ("uci -q get network." network ".device") | getline dev
    close("uci -q get network." network ".device")
  }
  return dev
}
function set_of(text,   n, list, i, out) {
  n = split(text, list, " ")
  if (n == 1) return list[1]
  for (i = 1; i <= n; i++) out = out (i > 1 ? ", " : "") list[i]
  return "{ " out " }"
}
function quoted_set(text,   n, list, i, out) {
  n = split(text, list, " ")
  for (i = 1; i <= n; i++) out = out (i > 1 ? ", " : "") "\"" list[i] "\""
  return n == 1 ? out : "{ " out " }"
}
function add(chain, text) { chains[chain] = chains[chain] "\t\t" text "\n" }
# subnets FAMILY TEXT: those of that family.
function of_family(family, text,   n, list, i, out) {
  n = split(text, list, " ")
  for (i = 1; i <= n; i++) if ((list[i] ~ /:/) == (family == 6)) out = out (out == "" ? "" : " ") list[i]
  return out
}
function rule(id,   protos, n, i, family, families, j, text, name, proto, src, dest, chain, target, from, to, match4, match6, ports, types, dev) {
  if (value(id, "enabled") == "0") return
  src = value(id, "src"); dest = value(id, "dest"); target = tolower(value(id, "target"))
  if (target !~ /^(accept|drop|reject)$/) { print "[!] rule " id ": no target" > "/dev/stderr"; return }
  if (src != "" && src != "*" && !(src in zones) || dest != "" && dest != "*" && !(dest in zones)) {
    print "[!] Section " id " is not valid: unknown zone, ignoring section" > "/dev/stderr"
    return
  }
  dev = value(id, "device")
  if (dev == "*") { print "[!] Section " id " must not specify * as device" > "/dev/stderr"; return }
  name = value(id, "name"); if (name == "") name = id
  chain = "output"
  if (src == "*") chain = dest == "" ? "input" : "forward"
  else if (src != "") chain = (dest == "" ? "input_" : "forward_") src
  else if (dest != "" && dest != "*") chain = "output_" dest
  protos = value(id, "proto"); if (protos == "") protos = "tcp udp"
  gsub(/tcpudp/, "tcp udp", protos)
  n = split(protos, list_of, " ")
  for (i = 1; i <= n; i++) proto_of[i] = list_of[i]
  for (i = 1; i <= n; i++) {
    proto = proto_of[i]
    from = value(id, "src_ip"); to = value(id, "dest_ip")
    families = value(id, "family")
    if (families == "ipv4") families = "4"; else if (families == "ipv6") families = "6"
    else if (from != "" || to != "") families = (of_family(4, from) != "" || of_family(4, to) != "" ? "4 " : "") (of_family(6, from) != "" || of_family(6, to) != "" ? "6" : "")
    else families = proto == "icmp" && value(id, "icmp_type") != "" ? "4 6" : "0"
    split(families, which, " ")
    for (j = 1; j in which; j++) wanted[j] = which[j]
    for (j = 1; j <= split(families, which, " "); j++) {
      family = wanted[j]
      match4 = family == 0 ? "" : of_family(family, from)
      match6 = family == 0 ? "" : of_family(family, to)
      if (family != 0 && (from != "" && match4 == "" || to != "" && match6 == "")) continue
      text = ""
      ports = value(id, "src_port") value(id, "dest_port")
      types = value(id, "icmp_type")
      if (family != 0 && match4 == "" && match6 == "") text = text "meta nfproto ipv" family " "
      if (proto !~ /^(all|any)$/ && !(ports != "" && proto ~ /^(tcp|udp)$/) && !(types != "" && proto == "icmp"))
        text = text "meta l4proto " (proto == "icmp" ? (family == 6 ? "ipv6-icmp" : "icmp") : proto) " "
      if (dev != "") text = text (value(id, "direction") == "out" ? "oifname " : "iifname ") "\"" dev "\" "
      if (match4 != "") text = text (family == 6 ? "ip6" : "ip") " saddr " set_of(match4) " "
      if (match6 != "") text = text (family == 6 ? "ip6" : "ip") " daddr " set_of(match6) " "
      if (value(id, "src_port") != "") text = text proto " sport " set_of(value(id, "src_port")) " "
      if (value(id, "dest_port") != "") text = text proto " dport " set_of(value(id, "dest_port")) " "
      if (types != "" && proto == "icmp") {
        gsub(/neighbour/, "nd-neighbor", types); gsub(/solicitation/, "solicit", types); gsub(/advertisement/, "advert", types)
        text = text (family == 6 ? "icmpv6" : "icmp") " type " set_of(types) " "
      }
      text = text "counter "
      if (dest != "" && dest != "*") { text = text "jump " target "_to_" dest; used[target "_to_" dest] = 1 }
      else text = text (target == "reject" ? "jump handle_reject" : target)
      add(chain, text " comment \"!fw4: " name "\"")
    }
  }
}
{
  at = index($0, "="); key = substr($0, 1, at - 1); text = substr($0, at + 1)
  sub(/^firewall\./, "", key)
  id = key; option = ""
  if (key ~ /^@/) { if (match(key, /\]\./)) { option = substr(key, RSTART + 2); id = substr(key, 1, RSTART) } }
  else if (index(key, ".")) { option = key; sub(/^[^.]*\./, "", option); sub(/\..*/, "", id) }
  if (option == "") { order[++sections] = id; type[id] = text; next }
  gsub(/\047 \047/, " ", text); gsub(/^\047|\047$/, "", text); gsub(/\047\\\047\047/, "\047", text)
  values[id, option] = text
}
END {
  policy["input"] = policy["forward"] = policy["output"] = "drop"
  for (i = 1; i <= sections; i++) {
    id = order[i]
    if (type[id] == "defaults") for (hook in policy) policy[hook] = tolower(value(id, hook))
    if (type[id] == "zone") {
      zone = value(id, "name"); zones[zone] = id; zone_order[++zone_count] = zone
      devices[zone] = value(id, "device")
      n = split(value(id, "network"), networks, " ")
      for (j = 1; j <= n; j++) names[j] = networks[j]
      for (j = 1; j <= n; j++) if ((dev = device_of(names[j])) != "" && index(" " devices[zone] " ", " " dev " ") == 0) devices[zone] = devices[zone] (devices[zone] == "" ? "" : " ") dev
    }
  }
  add("input", "iif \"lo\" accept comment \"!fw4: Accept traffic from loopback\"")
  add("output", "oif \"lo\" accept comment \"!fw4: Accept traffic towards loopback\"")
  add("input", "ct state vmap { established : accept, related : accept } comment \"!fw4: Handle inbound flows\"")
  add("forward", "ct state vmap { established : accept, related : accept } comment \"!fw4: Handle forwarded flows\"")
  add("output", "ct state vmap { established : accept, related : accept } comment \"!fw4: Handle outbound flows\"")
  for (i = 1; i <= sections; i++) if (type[order[i]] == "rule") rule(order[i])
  for (i = 1; i <= sections; i++) if (type[order[i]] == "forwarding") {
    dest = value(order[i], "dest"); src = value(order[i], "src")
    add("forward_" src, "jump accept_to_" dest " comment \"!fw4: Accept " src " to " dest " forwarding\""); used["accept_to_" dest] = 1
  }
  for (i = 1; i <= zone_count; i++) {
    zone = zone_order[i]; id = zones[zone]
    if (devices[zone] != "") {
      add("input", "iifname " quoted_set(devices[zone]) " jump input_" zone " comment \"!fw4: Handle " zone " IPv4/IPv6 input traffic\"")
      add("forward", "iifname " quoted_set(devices[zone]) " jump forward_" zone " comment \"!fw4: Handle " zone " IPv4/IPv6 forward traffic\"")
      add("output", "oifname " quoted_set(devices[zone]) " jump output_" zone " comment \"!fw4: Handle " zone " IPv4/IPv6 output traffic\"")
    }
    for (hook in policy) {
      verdict = tolower(value(id, hook)); if (verdict == "") verdict = policy[hook]
      target = verdict (hook == "input" ? "_from_" : "_to_") zone
      add(hook "_" zone, "jump " target); used[target] = 1
    }
  }
  for (hook in policy) if (policy[hook] == "reject") add(hook, "jump handle_reject")
  print "table inet fw4\nflush table inet fw4\n"
  print "table inet fw4 {"
  for (hook in policy) print "\tchain " hook " {\n\t\ttype filter hook " hook " priority filter; policy " (policy[hook] == "accept" ? "accept" : "drop") ";\n" chains[hook] "\t}"
  print "\tchain handle_reject {\n\t\tmeta l4proto tcp reject with tcp reset comment \"!fw4: Reject TCP traffic\"\n\t\treject with icmpx type port-unreachable comment \"!fw4: Reject any other traffic\"\n\t}"
  for (i = 1; i <= zone_count; i++) for (hook in policy) print "\tchain " hook "_" zone_order[i] " {\n" chains[hook "_" zone_order[i]] "\t}"
  for (chain in used) {
    verdict = chain; sub(/_.*/, "", verdict)
    zone = chain; sub(/^[a-z]+_(from|to)_/, "", zone)
    if (devices[zone] == "") { print "\tchain " chain " {\n\t}"; continue }
    print "\tchain " chain " {\n\t\t" (chain ~ /_from_/ ? "iifname " : "oifname ") quoted_set(devices[zone]) " counter " (verdict == "reject" ? "jump handle_reject" : verdict) " comment \"!fw4: " verdict " " zone " IPv4/IPv6 traffic\"\n\t}"
  }
  print "}"
}
