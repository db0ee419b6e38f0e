# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# Facts: the managed files, and the texts that a doctor reads.

# More of a text is not told.
text_limit=65536

# file_facts: every managed path as it is, then texts.
file_facts() {
  : >"$work/texts"
  : >"$work/states"
  for file_dir in $examine_dirs; do
    [ ! -r "$file_dir/manifest" ] || awk '$1 == "file" { print $2, $3, $4, $6 }' "$file_dir/manifest"
  done | awk '!seen[$4]++' >"$work/wanted"
  if [ -s "$work/wanted" ]; then
    set --
    while read -r _ _ _ file_path; do set -- "$@" "$root$file_path"; done <"$work/wanted"
    # shellcheck disable=SC2012 # a stat is not everywhere
    ls -ld "$@" >"$work/listing" 2>/dev/null || true
    sha256sum "$@" >"$work/sums" 2>/dev/null || true
    file_states >"$work/states"
  fi
  sed 's/^secret //' "$work/states"
  text_fact "$examine_conf"
  read_includes | while read -r file_include; do
    text_fact "$file_include"
  done
  # A secret one is told by its state alone.
  while read -r file_secret file_path file_state; do
    [ "$file_secret" != secret ] || continue
    case $file_state in changed | mode) text_fact "${file_path}" ;; esac
  done <<LIST
$(sed 's/^file /plain /; s/^secret file /secret /' "$work/states")
LIST
  ! grep -q "^file $keepalived_conf " "$work/states" || grep -q "^file $keepalived_conf same$" "$work/states" ||
    print_text applied-text "$keepalived_conf" "$examine_dir/files$keepalived_conf"
}

# file_states: `file PATH STATE`, with `secret ` before it where the file is one.
file_states() {
  awk -v root="$root" '
    function rights(text,   i, r, w, x, mode, special) {
      mode = special = 0
      for (i = 0; i < 3; i++) {
        r = substr(text, 2 + 3 * i, 1); w = substr(text, 3 + 3 * i, 1); x = substr(text, 4 + 3 * i, 1)
        mode = mode * 10 + (r == "r" ? 4 : 0) + (w == "w" ? 2 : 0) + (x ~ /[xst]/ ? 1 : 0)
        if (x ~ /[sStT]/) special += i == 0 ? 4 : i == 1 ? 2 : 1
      }
      return special * 1000 + mode
    }
    part == 1 {
      path = substr($0, match($0, / \//) + 1)
      sub(/ -> .*/, "", path)
      kind[path] = substr($1, 1, 1)
      mode[path] = rights($1)
      owner[path] = $3 ":" $4
      next
    }
    part == 2 { sum = $1; sub(/^[^ ]+ [ *]/, ""); sums[$0] = sum; next }
    {
      at = root $4
      # The awk of busybox takes 0644 for octal.
      wanted = $1
      sub(/^0+/, "", wanted)
      state = "same"
      if (!(at in kind)) state = "absent"
      else if (kind[at] != "-") state = "other"
      else if (sums[at] != $3) state = "changed"
      else if (mode[at] + 0 != wanted + 0 || owner[at] != $2) state = "mode"
      print ($1 ~ /^0?600$/ ? "secret " : "") "file " $4 " " state
    }' part=1 "$work/listing" part=2 "$work/sums" part=3 "$work/wanted"
}

# read_includes: what the config includes by plain names, two deep, without the root.
read_includes() {
  includes_of "$examine_conf" | while read -r include_path; do
    say "$include_path"
    includes_of "$include_path"
  done | awk '!seen[$0]++'
}

# includes_of PATH: keepalived looks for a relative one beside the file that includes it.
includes_of() {
  [ -r "$root$1" ] || return 0
  awk -v place="${1%/*}" '
    /^[ \t]*include[a-z]?[ \t]+[^ \t]/ {
      name = $2
      if (name ~ /[*?\[${~"]/) next
      print (name ~ /^\// ? name : place "/" name)
    }' "$root$1"
}

# text_fact PATH: once each.
text_fact() {
  [ -f "$root$1" ] && [ -r "$root$1" ] || return 0
  ! has_line "$1" "$work/texts" || return 0
  say "$1" >>"$work/texts"
  print_text text "$1" "$root$1"
}

# print_text WORD PATH FILE
print_text() {
  [ -r "$3" ] || return 0
  head -c "$text_limit" "$3" | redacted | awk '{ print "|" $0 }' >"$work/text"
  print_end=ended
  [ -z "$(tail -c 1 "$3" | tr '\000' '?')" ] || print_end=open
  [ "$(wc -c <"$3")" -le "$text_limit" ] || print_end="cut"
  say "$1 $2 $(($(wc -l <"$work/text"))) $print_end"
  cat "$work/text"
}
