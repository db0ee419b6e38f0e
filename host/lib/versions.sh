# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# What the keepalived of this host is too old for. A node.conf says it of each word that not every keepalived knows:
#   since VERSION asked|chosen PROPERTY FILE WORDS...
# asked: the spec wants WORDS, an option; without it the host is not what was asked for. chosen: nobody asked for WORDS,
# a whole line of FILE; the host goes without it.

# keepalived_version PROGRAM: as its -v has it, 2.2.7; nothing where that says something else.
keepalived_version() {
  "$1" --version 2>&1 </dev/null 8>&- 9>&- | sed -n 's/^Keepalived v\([0-9][0-9.]*\).*/\1/p' | head -n 1
}

# keepalived_options PROGRAM: what it was built with, on one line.
keepalived_options() {
  "$1" --version 2>&1 </dev/null 8>&- 9>&- | sed -n 's/^Config options: *//p' | head -n 1
}

# tell_keepalived PROGRAM: a line of a stage's, for who compares the hosts.
tell_keepalived() {
  tell_version=
  ! has_program "$1" || tell_version=$(keepalived_version "$1")
  [ -n "$tell_version" ] || return 0
  tell_options=$(keepalived_options "$1" | LC_ALL=C tr -d -c 'A-Za-z0-9_=./ -')
  say "keepalived $tell_version${tell_options:+ $tell_options}"
}

# older VERSION THAN
older() {
  awk -v a="$1" -v b="$2" 'BEGIN {
    split(a, x, "."); split(b, y, ".")
    for (i = 1; i <= 3; i++) if (x[i] + 0 != y[i] + 0) exit !(x[i] + 0 < y[i] + 0)
    exit 1
  }'
}

# check_versions CLUSTER DIRECTORY: DIRECTORY has manifest and files/ of the staged generation.
check_versions() {
  facts since "$2/files/etc/vrrp-agent/$1/node.conf" >"$work/since"
  versions_program=$(keepalived_program "$2/files/etc/vrrp-agent/$1/node.conf")
  [ -s "$work/since" ] && has_program "$versions_program" || return 0
  versions_here=$(keepalived_version "$versions_program")
  [ -n "$versions_here" ] || {
    note "which version keepalived has was not found; whether it knows every option shows in its own test"
    return 0
  }
  versions_asked=
  versions_needed=$versions_here
  : >"$work/left-out"
  while read -r floor who property file words; do
    older "$versions_here" "$floor" || continue
    if [ "$who" = chosen ]; then
      leave_out "$2" "$file" "$words"
      note "$words is left out of $file: keepalived knows it since $floor, this host has $versions_here"
    else
      versions_asked="$versions_asked${versions_asked:+, }$words ($property; since $floor)"
      ! older "$versions_needed" "$floor" || versions_needed=$floor
    fi
  done <"$work/since"
  [ -z "$versions_asked" ] || fail \
    "keepalived $versions_here on this host does not know $versions_asked; update it to $versions_needed, or remove what is named in the spec"
  [ ! -s "$work/left-out" ] || write_file "$2/left-out" <"$work/left-out"
}

# leave_out DIRECTORY FILE LINE: takes the line out of the staged file, and has the manifest say what is there. What was
# left out, and behind which line, stays with the generation: PATH, the line before, the line, with tabs between.
leave_out() {
  leave_file=$1/files$2
  leave_before=$(wc -l <"$work/left-out")
  awk -v line="$3" -v path="$2" -v record="$work/left-out" '
    { bare = $0; sub(/^[ \t]+/, "", bare); sub(/[ \t]+$/, "", bare) }
    bare == line { print path "\t" former "\t" $0 >>record; next }
    { print; former = $0 }' "$leave_file" >"$work/shorter" || leave_before=-1
  # Not every awk notices a full disk.
  leave_left=$(($(wc -l <"$work/left-out") - leave_before))
  [ $(($(wc -l <"$work/shorter") + leave_left)) -eq "$(wc -l <"$leave_file")" ] ||
    fail "cannot keep what is left out of $2; make room in ${work%/*}"
  # Into the same file, which has its mode and owner.
  cat "$work/shorter" >"$leave_file" || fail "cannot store $2; make room on the disk"
  awk -v path="$2" -v digest="$(sha256 "$leave_file")" -v lines="$(($(wc -l <"$leave_file")))" '
    $1 == "file" && $6 == path { $4 = digest; $5 = lines }
    { print }' "$1/manifest" >"$work/manifest"
  [ "$(wc -l <"$work/manifest")" -eq "$(wc -l <"$1/manifest")" ] ||
    fail "cannot keep what is left out of $2; make room in ${work%/*}"
  write_file "$1/manifest" <"$work/manifest"
}

# with_left_out DIRECTORY PATH: a filter; a text of PATH with what the generation in DIRECTORY left out of it, for who
# compares it with what the spec says.
with_left_out() {
  if [ ! -e "$1/left-out" ]; then
    cat
    return 0
  fi
  awk -F '\t' -v path="$2" '
    part == 1 { if ($1 == path) { behind[++count] = $2; line[count] = $3 } next }
    { text[++length_of] = $0; there[$0] = 1 }
    END {
      for (i = 1; i <= length_of; i++) {
        print text[i]
        for (j = 1; j <= count; j++)
          if (text[i] == behind[j] && !(line[j] in there)) { print line[j]; there[line[j]] = 1 }
      }
    }' part=1 "$1/left-out" part=2 -
}
