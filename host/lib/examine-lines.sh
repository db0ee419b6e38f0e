# shellcheck shell=sh disable=SC2154,SC2034,SC2016 # the names of common.sh and examine.sh; variables of awk
# Facts: what scripts of the operator's say of services and processes, so that a loop between two of them shows. Nothing else of
# them is told.

# Lines that are read of a script.
line_limit=500

# line_facts: of those that keepalived, a role's actions and checks run; after conf_programs.
line_facts() {
  {
    awk '$1 == "notify" || $1 == "check"' "$work/programs"
    [ ! -e "$conf" ] || awk '($1 == "action-set" && $3 ~ /^(on-master|on-backup|start|stop)$/) || ($1 == "check-set" && $3 == "command")' "$conf"
  } | awk '{ gsub(/[\047"]/, " "); for (i = 1; i <= NF; i++) if ($i ~ /^\// && $i !~ /\/vrrp-(agent|check)$/ && !seen[$i]++) print $i }' |
    while read -r line_path; do
      line_first=
      [ -f "$root$line_path" ] || continue
      { IFS= read -r line_first <"$root$line_path"; } 2>/dev/null || continue
      case $line_first in
      '#!'*sh | '#!'*sh\ *) script_lines "$line_path" | head -n 64 | cut -c 1-300 ;;
      esac
    done
}

# script_lines PATH: `script-line PATH CASE WORDS`, CASE is the pattern of the `case` that a line stands in, `-` outside of one.
script_lines() {
  LC_ALL=C awk -v path="$1" -v limit="$line_limit" '
    function part_of(text,   n, i, part, label, size) {
      sub(/^[ \t]*case[ \t].*[ \t]in([ \t]+|$)/, "", text)
      # Words with a blank between them are a command in parentheses.
      if (match(text, /^[^)$=]*\)/)) {
        size = RLENGTH; label = substr(text, 1, size)
        gsub(/[ \t]*\|[ \t]*/, "|", label)
        gsub(/^[ \t]*\(?|[ \t]*\)$|"/, "", label)
        if (label ~ /^[A-Za-z0-9*_|-]+$/) { within = label; text = substr(text, size + 1) }
      }
      n = split(text, part, /[;|&]+/)
      for (i = 1; i <= n; i++) {
        gsub(/[\001-\037]+/, " ", part[i])
        sub(/^ +/, "", part[i])
        if (part[i] ~ /(^|[ \/(!`])(systemctl|service|rc-service|killall|pkill|pidof|pgrep|nginx)[ ]/ || part[i] ~ /init\.d\//)
          print "script-line", path, within, part[i]
      }
    }
    BEGIN { within = "-" }
    NR > limit { exit }
    /^[ \t]*#/ { next }
    {
      arms = split($0, arm, /;;/)
      for (a = 1; a <= arms; a++) {
        part_of(arm[a])
        if (a < arms) within = "-"
      }
      if ($0 ~ /(^|[ \t;])esac([ \t;]|$)/) within = "-"
    }' "$root$1"
}
