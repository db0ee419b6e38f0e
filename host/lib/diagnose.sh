# shellcheck shell=sh disable=SC2154 # the names of common.sh
# diagnose: the causes that this host's facts alone tell, by the rules of causes.table, which the doctor prints and the agent's
# installer carries (doctor/local: what a pattern may hold, and what of a rule becomes what).

diagnose_table=${VRRP_CAUSES:-$here/lib/causes.table}

# diagnose [CLUSTER|-] [--json|--plain], read-only; `-`: facts from stdin. Without CLUSTER every one of this host.
# Exits with 0: no finding, 1: a finding, 2: could not run. --plain is for repair, most likely first:
#   finding CAUSE CONFIDENCE automatic|spec|human TEXT
#   action WORDS...       (behind a finding that repair can put right)
#   end
verb_diagnose() {
  diagnose_format=text diagnose_clusters=
  for diagnose_word; do
    case $diagnose_word in
    --json | --plain) diagnose_format=${diagnose_word#--} ;;
    -) diagnose_clusters=- ;;
    -*) diagnose_cannot "unknown option $diagnose_word; --json and --plain are the ones that there are" ;;
    *)
      check_name cluster "$diagnose_word"
      diagnose_clusters=$diagnose_word
      ;;
    esac
  done
  [ "$(head -n 1 "$diagnose_table" 2>/dev/null)" = "vrrp-causes 1" ] ||
    diagnose_cannot "there is no $diagnose_table of version 1; install the agent again: npx pulumi up"
  if [ -z "$diagnose_clusters" ]; then
    diagnose_clusters=$(diagnose_names)
    [ -n "$diagnose_clusters" ] || diagnose_cannot "no cluster is applied on this host"
  elif [ "$diagnose_clusters" != - ]; then
    diagnose_names | grep -q -x -F -e "$diagnose_clusters" ||
      diagnose_cannot "there is no cluster $diagnose_clusters on this host; there is: $(diagnose_names | tr '\n' ' ')"
  fi
  diagnose_status=0 diagnose_between=
  [ "$diagnose_format" != json ] || printf '{"alone":true,"clusters":['
  for diagnose_cluster in $diagnose_clusters; do
    if [ "$diagnose_cluster" = - ]; then
      diagnose_facts=$(diagnose_plain)
    else
      diagnose_facts=$("$here/vrrp-agent" examine "$diagnose_cluster" | diagnose_plain)
    fi
    # Half of the facts would say that what is missing is not there.
    case $diagnose_facts in
    "vrrp-facts 1
"*"
end") ;;
    *) diagnose_cannot "the facts of this host did not come whole; try: vrrp-agent examine $diagnose_cluster" ;;
    esac
    printf '%s' "$diagnose_between"
    printf '%s\n' "$diagnose_facts" | diagnose_by_table "$diagnose_format" || {
      [ $? -eq 1 ] || diagnose_cannot "the facts cannot be held against $diagnose_table"
      diagnose_status=1
    }
    [ "$diagnose_format" != json ] || diagnose_between=,
  done
  case $diagnose_format in
  json) printf ']}\n' ;;
  text) say "the other nodes were not asked; from where they are reached: npx pulumi-keepalived doctor" ;;
  esac
  return "$diagnose_status"
}

# diagnose_names: the clusters of this host, also where the agent's directory is gone.
diagnose_names() {
  {
    clusters
    for diagnose_conf in "$conf_dir"/*/node.conf; do
      [ ! -e "$diagnose_conf" ] || facts cluster "$diagnose_conf"
    done
  } | sort -u
}

diagnose_cannot() {
  warn "$1"
  exit 2
}

# diagnose_plain: facts without what no terminal and no JSON takes.
diagnose_plain() { tr '\t' ' ' | tr -d '\000-\011\013-\037\177'; }

# diagnose_by_table text|json|plain: facts on stdin; 1: a finding.
diagnose_by_table() {
  # As text every word is compared as it is: "1.0" is not "1", which awk would take for one number.
  LC_ALL=C awk -v format="$1" '
    function rest_of(line, count) {
      while (count-- > 0) line = index(line, " ") ? substr(line, index(line, " ") + 1) : ""
      return line
    }

    # The number of a pattern, with its words as name, test and whether it takes the rest.
    function pattern(text,   i, word, at) {
      sizes[++patterns] = split(text, part, "[ ]")
      for (i = 1; i <= sizes[patterns]; i++) {
        word = part[i]
        if (substr(word, 1, 1) == "$") {
          word = substr(word, 2)
          if (substr(word, 1, 3) == "...") { takes_rest[patterns] = 1; word = substr(word, 4) }
          at = index(word, ":")
          names[patterns, i] = at ? substr(word, 1, at - 1) : word
          tests[patterns, i] = at ? substr(word, at + 1) : "*"
        } else if (word == "...") {
          takes_rest[patterns] = 1
          tests[patterns, i] = "*"
        } else tests[patterns, i] = word
      }
      return patterns
    }

    function is_one_of(word, list,   i, count, one) {
      count = split(list, one, "[|]")
      for (i = 1; i <= count; i++) if ((one[i] "") == (word "")) return 1
      return 0
    }
    function is_number(word) { return word ~ /^[0-9]+$/ && length(word) <= 15 }

    function passes(word, test,   kind, argument) {
      kind = substr(test, 1, 1)
      argument = substr(test, 2)
      if (kind == "*") return 1
      if (kind == ">") return is_number(word) && word + 0 > argument + 0
      if (kind == "<") return is_number(word) && word + 0 < argument + 0
      if (kind == "~") return index(word, argument) > 0
      if (kind != "!") return is_one_of(word, test)
      if (substr(argument, 1, 1) != "$") return !passes(word, argument)
      argument = substr(argument, 2)
      return !(argument in bound) || (bound[argument] "") != (word "")
    }

    # Whether a pattern matches a fact; what it binds is in `bound` and named in `fresh`.
    function matches(p, f,   i, word, name, made) {
      fresh = ""
      if (takes_rest[p] ? lengths[f] < sizes[p] - 1 : lengths[f] != sizes[p]) return 0
      for (i = 1; i <= sizes[p]; i++) {
        word = takes_rest[p] && i == sizes[p] ? rest_of(lines[f], i - 1) : words[f, i]
        if (!passes(word, tests[p, i])) { forget(made); return 0 }
        name = names[p, i]
        if (name == "") continue
        if (!(name in bound)) { bound[name] = word; made = made " " name }
        else if ((bound[name] "") != (word "")) { forget(made); return 0 }
      }
      fresh = made
      return 1
    }
    function forget(list,   i, count, name) {
      count = split(list, name, " ")
      for (i = 1; i <= count; i++) delete bound[name[i]]
    }

    function solve(r, k,   p, first, i, made) {
      if (k > whens[r]) { if (!is_blocked(r)) fire(r); return }
      p = when[r, k]
      first = tests[p, 1]
      for (i = 1; i <= counts[first]; i++) {
        if (!matches(p, of_kind[first, i])) continue
        made = fresh
        solve(r, k + 1)
        forget(made)
      }
    }
    function is_blocked(r,   k, i, first) {
      for (k = 1; k <= unlesses[r]; k++) {
        first = tests[unless[r, k], 1]
        for (i = 1; i <= counts[first]; i++) if (matches(unless[r, k], of_kind[first, i])) { forget(fresh); return 1 }
      }
      return 0
    }

    function fill(text,   done, name) {
      done = ""
      while (match(text, /\$[a-z]+/)) {
        name = substr(text, RSTART + 1, RLENGTH - 1)
        done = done substr(text, 1, RSTART - 1) ((name in bound) ? bound[name] : "$" name)
        text = substr(text, RSTART + RLENGTH)
      }
      return done text
    }

    function fire(r,   key, g, k, i, first, made) {
      if (symptom[r] == "") {
        key = cause[r] SUBSEP fill(where[r]) SUBSEP fill(summary[r])
        g = known[key]
        if (g == "") {
          g = known[key] = ++findings
          of_rule[g] = r
          on[g] = fill(where[r])
          for (k = 1; k <= nots[r]; k++) because[g, k] = fill(why_not[r, k])
          advice[g] = fill(summary[r])
          for (k = 1; k <= commands[r]; k++) typed[g, k] = fill(command[r, k])
          acts[g] = (r in action) ? split(action[r], part, "[ ]") : 0
          for (k = 1; k <= acts[g]; k++) act[g, k] = fill(part[k])
        }
      } else g = "symptom " symptom[r]
      for (k = 1; k <= says[r]; k++) see(g, fill(said[r, k]), r)
      for (k = 1; k <= alsos[r]; k++) {
        first = tests[also[r, k], 1]
        for (i = 1; i <= counts[first]; i++) {
          if (!matches(also[r, k], of_kind[first, i])) continue
          made = fresh
          see(g, fill(told[r, k]), r)
          forget(made)
        }
      }
    }
    function see(g, text, r) {
      if ((g, text) in seen) return
      seen[g, text] = 1
      if (symptom[r] == "") evidence[g, ++evidences[g]] = text
      else { shown[++symptoms] = symptom[r]; shown_by[symptoms] = text }
    }

    function quoted(text) { gsub(/\\/, "&&", text); gsub(/"/, "\\\"", text); return "\"" text "\"" }
    function as_json(g,   r, k, out) {
      r = of_rule[g]
      out = "{\"cause\":" quoted(cause[r]) ",\"node\":" quoted(on[g]) ",\"confidence\":" quoted(confidence[r]) ",\"evidence\":["
      for (k = 1; k <= evidences[g]; k++) out = out (k > 1 ? "," : "") quoted(evidence[g, k])
      out = out "],\"ruledOut\":["
      for (k = 1; k <= nots[r]; k++) out = out (k > 1 ? "," : "") "{\"cause\":" quoted(not_cause[r, k]) ",\"because\":" quoted(because[g, k]) "}"
      out = out "],\"fix\":{\"repair\":" quoted(repair[r]) ",\"automatic\":" (acts[g] ? "true" : "false") ",\"summary\":" quoted(advice[g])
      for (k = 1; k <= commands[r]; k++) out = out (k > 1 ? "," : ",\"commands\":[") quoted(typed[g, k])
      if (commands[r]) out = out "]"
      for (k = 1; k <= acts[g]; k++) out = out (k > 1 ? "," : ",\"action\":[") quoted(act[g, k])
      if (acts[g]) out = out "]"
      return out "}}"
    }
    function as_plain(g,   r, k) {
      r = of_rule[g]
      print "finding " cause[r] " " confidence[r] " " repair[r] " " advice[g]
      if (!acts[g]) return
      printf "action"
      for (k = 1; k <= acts[g]; k++) printf " %s", act[g, k]
      print ""
    }
    function as_text(g,   r, k) {
      r = of_rule[g]
      print "  " ++printed ". " cause[r] (on[g] == bound["node"] ? "" : " on " on[g]) " (" confidence[r] "): " doc[cause[r]]
      for (k = 1; k <= evidences[g]; k++) print "     seen: " evidence[g, k]
      for (k = 1; k <= nots[r]; k++) print "     not " not_cause[r, k] ": " because[g, k]
      print "     to do: " advice[g]
      if (acts[g]) {
        printf "       vrrp-agent repair %s", bound["cluster"]
        for (k = 1; k <= acts[g]; k++) printf " %s", act[g, k]
        print ""
      }
      for (k = 1; k <= commands[r]; k++) print "       " typed[g, k]
    }

    FNR == NR {
      text = rest_of($0, 1)
      if ($1 == "cause") doc[$2] = rest_of($0, 2)
      else if ($1 == "rule") rules++
      else if ($1 == "finds") { cause[rules] = $2; confidence[rules] = $3; repair[rules] = $4; where[rules] = $5 }
      else if ($1 == "shows") symptom[rules] = $2
      else if ($1 == "when") when[rules, ++whens[rules]] = pattern(text)
      else if ($1 == "unless") unless[rules, ++unlesses[rules]] = pattern(text)
      else if ($1 == "says") said[rules, ++says[rules]] = text
      else if ($1 == "also") also[rules, ++alsos[rules]] = pattern(text)
      else if ($1 == "tells") told[rules, alsos[rules]] = text
      else if ($1 == "not") { not_cause[rules, ++nots[rules]] = $2; why_not[rules, nots[rules]] = rest_of($0, 2) }
      else if ($1 == "explains") explains[cause[rules], $2] = 1
      else if ($1 == "summary") summary[rules] = text
      else if ($1 == "command") command[rules, ++commands[rules]] = text
      else if ($1 == "action") action[rules] = text
      next
    }

    /^$/ || /^\|/ { next }
    {
      facts++
      lines[facts] = $0
      lengths[facts] = split($0, part, "[ ]")
      if (part[1] == "" || part[1] == "text" || part[1] == "applied-text") { facts--; next }
      for (i = 1; i <= lengths[facts]; i++) words[facts, i] = part[i]
      of_kind[part[1], ++counts[part[1]]] = facts
      if (part[1] == "node" && !("node" in bound)) bound["node"] = part[2]
      if (part[1] == "cluster" && !("cluster" in bound)) bound["cluster"] = part[2]
      if (part[1] == "lacks") lacks[++lacking] = rest_of($0, 1)
    }

    END {
      if (!("node" in bound)) bound["node"] = "-"
      if (!("cluster" in bound)) bound["cluster"] = "-"
      for (r = 1; r <= rules; r++) solve(r, 1)
      # What only follows from another finding comes last.
      for (g = 1; g <= findings; g++)
        for (other = 1; other <= findings; other++)
          if (on[g] == on[other] && (cause[of_rule[other]], cause[of_rule[g]]) in explains) follows[g] = 1
      for (pass = 0; pass <= 1; pass++)
        for (g = 1; g <= findings; g++) if (follows[g] + 0 == pass) order[++ordered] = g
      if (format == "json") {
        printf "{\"cluster\":%s,\"node\":%s,\"healthy\":%s,\"symptoms\":[", quoted(bound["cluster"]), quoted(bound["node"]), (findings ? "false" : "true")
        for (k = 1; k <= symptoms; k++) printf "%s{\"symptom\":%s,\"node\":%s,\"evidence\":%s}", (k > 1 ? "," : ""), quoted(shown[k]), quoted(bound["node"]), quoted(shown_by[k])
        printf "],\"findings\":["
        for (k = 1; k <= ordered; k++) printf "%s%s", (k > 1 ? "," : ""), as_json(order[k])
        printf "],\"lacks\":["
        for (k = 1; k <= lacking; k++) printf "%s%s", (k > 1 ? "," : ""), quoted(lacks[k])
        printf "]}"
      } else if (format == "plain") {
        for (k = 1; k <= ordered; k++) as_plain(order[k])
        print "end"
      } else {
        print bound["cluster"] ", node " bound["node"] ": " (findings ? findings (findings == 1 ? " finding" : " findings") : "nothing is wrong, as far as this host alone tells")
        for (k = 1; k <= symptoms; k++) print "  " shown[k] ": " shown_by[k]
        for (k = 1; k <= ordered; k++) as_text(order[k])
        for (k = 1; k <= lacking; k++) print "  not known: " lacks[k]
      }
      exit (findings > 0)
    }' "$diagnose_table" -
}
