# shellcheck shell=sh disable=SC2154,SC2016 # the names of common.sh and examine.sh; variables of awk
# Facts: where the file that keepalived would read says another thing than keepalived has. Only what is certain: a config with
# definitions, conditions or includes that cannot be followed is compared in nothing.

# differs_facts LOADED: LOADED has the `loaded` facts.
differs_facts() {
  [ -r "$root$examine_conf" ] || return 0
  awk -v path="$root$examine_conf" -v root="$root" "$bits_awk$conf_awk$differs_awk" part=1 "$1" part=2 "$work/scripts" part=3 /dev/null
}

differs_awk='
function list_add(list, item) { return list == "" ? item : list "," item }
# Sorted, each as bits where it is an address, so that neither order nor spelling matters.
function same_list(a, b, is_address,   i, n, m, one, two, left) {
  n = split(a, one, ","); m = split(b, two, ",")
  if (n != m) return 0
  for (i = 1; i <= n; i++) left[canon(one[i], is_address)]++
  for (i = 1; i <= m; i++) if (left[canon(two[i], is_address)]-- < 1) return 0
  return 1
}
function canon(text, is_address,   part) {
  if (!is_address) return text
  split(text, part, "/")
  return bits(part[1]) "/" part[2]
}
function with_prefix(address) { return address ~ /\// ? address : address (address ~ /:/ ? "/128" : "/32") }
function statement(words, word, depth, block,   name) {
  if (depth == 0) {
    if (word[1] == "vrrp_instance") { present[word[2]] = 1; order[++instances] = word[2] }
    if (word[1] == "vrrp_script") defined[word[2]] = 1
    return
  }
  name = named[1]
  if (block[1] == "vrrp_script" && depth == 1 && word[1] ~ /^(interval|timeout|weight|rise|fall)$/ && word[2] ~ /^-?[0-9]+$/ && words == 2)
    script_says[name, word[1]] = word[2]
  if (block[1] != "vrrp_instance") return
  if (depth == 1) {
    if (word[1] ~ /^(virtual_router_id|interface|version|priority|advert_int|state|unicast_src_ip|mcast_src_ip)$/) says[name, word[1]] = word[2]
    if (word[1] == "nopreempt") says[name, "nopreempt"] = "yes"
    return
  }
  if (depth != 2) return
  if (block[2] == "virtual_ipaddress" && word[1] ~ /[.:]/) { vips[name] = list_add(vips[name], with_prefix(word[1])); if (word[1] ~ /:/) six[name] = 1 }
  if (block[2] == "unicast_peer" && word[1] ~ /[.:]/) peers[name] = list_add(peers[name], word[1])
  if (block[2] == "track_script") { if (word[1] in defined) tracks[name] = list_add(tracks[name], word[1]) }
  if (block[2] == "authentication" && word[1] == "auth_type") says[name, "auth"] = word[2]
}
function differs(name, key, file, is) { print "differs", name, key, (file == "" ? "-" : file), (is == "" ? "-" : is) }
function compare(name, key, file, is) { if (file != "" && is != "" && is != "-" && file != is) differs(name, key, file, is) }
part == 1 && $1 == "loaded" {
  running[$2] = 1
  if ($3 == "peer" || $3 == "track" || $3 == "vip") had[$2, $3] = list_add(had[$2, $3], $4)
  else { had[$2, $3] = $4; if ($3 == "source-configured") configured[$2] = $4 == "yes" }
}
part == 2 { script_had[$1, $2] = $3; script_known[$1] = 1 }
END {
  take(path, 0)
  if (unsure) exit
  read_conf()
  for (i = 1; i <= instances; i++) {
    name = order[i]
    if (!(name in running)) { differs(name, "instance", "present", "absent"); continue }
    compare(name, "vrid", says[name, "virtual_router_id"], had[name, "vrid"])
    compare(name, "interface", says[name, "interface"], had[name, "interface"] ~ /^(not|-)/ ? "" : had[name, "interface"])
    if (!six[name]) compare(name, "version", says[name, "version"], had[name, "version"])
    compare(name, "priority", says[name, "priority"], had[name, "priority"])
    advert = says[name, "advert_int"]
    if (advert != "" && (had[name, "version"] != 2 || advert ~ /^[0-9]+$/))
      compare(name, "advert-int", int(advert * 1000 + 0.5) "", had[name, "advert-int"])
    if (says[name, "state"] != "MASTER") {
      if (says[name, "nopreempt"] == "") says[name, "nopreempt"] = "no"
      compare(name, "nopreempt", says[name, "nopreempt"], had[name, "nopreempt"])
    }
    source = says[name, "unicast_src_ip"] != "" ? says[name, "unicast_src_ip"] : says[name, "mcast_src_ip"]
    if (source != "" ? bits(source) != bits(had[name, "source"]) : configured[name]) differs(name, "source", source, had[name, "source"])
    if (!same_list(peers[name], had[name, "peer"], 1)) differs(name, "peer", peers[name], had[name, "peer"])
    if (!same_list(vips[name], had[name, "vip"], 1)) differs(name, "vip", vips[name], had[name, "vip"])
    if (!same_list(tracks[name], had[name, "track"], 0)) differs(name, "track", tracks[name], had[name, "track"])
    auth = says[name, "auth"]
    if (had[name, "version"] == 2 && had[name, "auth"] != "HMAC") compare(name, "auth", auth == "" ? "none" : auth, had[name, "auth"])
  }
  for (name in running) if (!(name in present)) differs(name, "instance", "absent", "present")
  for (key in script_says) {
    split(key, part_of, SUBSEP)
    if (part_of[1] in script_known) compare(part_of[1], "script-" part_of[2], script_says[key], script_had[key])
  }
}'
