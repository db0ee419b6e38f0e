# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# What a generation is about to replace that is not ours: a config made by hand, or a file of ours that was changed.

# Lines of differences that a stage shows, and characters of each; the plugin that shows them hangs on longer lines.
shown_lines=200
shown_characters=400

# show_replaced CLUSTER DIRECTORY: notes on stderr; DIRECTORY has manifest and files/ of the staged generation.
show_replaced() {
  shown_current=$(current_generation "$1")
  awk '$1 == "file" { print $2, $6 }' "$2/manifest" >"$work/replacing"
  : >"$work/by-hand"
  : >"$work/differences"
  while read -r mode path; do
    is_strange "$1" "$2/files$path" "$path" || continue
    if [ "$shown_current" = 0 ] || is_new_here "$1" "$path"; then
      shown_fate="is there already; it is kept, and destroy brings it back"
    else
      shown_fate="was changed by hand; that is replaced, and a copy stays in ${state_dir#"$root"}/$1/by-hand"
      say "$path" >>"$work/by-hand"
    fi
    say "$path $shown_fate" >>"$work/differences"
    difference "$mode" "$path" "$2/files$path" >>"$work/differences"
  done <"$work/replacing"
  awk -v limit="$shown_lines" '
    NR <= limit { print "note: " $0 }
    END { if (NR > limit) print "note: ... and " NR - limit " lines more" }' "$work/differences" >&2
  keep_changed "$1"
}

# is_strange CLUSTER NEW PATH: something is there that is neither what will be nor what we have put there.
is_strange() {
  [ -e "$root$3" ] || [ -L "$root$3" ] || return 1
  [ -L "$root$3" ] || ! cmp -s "$2" "$root$3" || return 1
  ! same "$(generation_dir "$1" "$shown_current")/files$3" "$root$3" || return 1
  ! managed_by_another "$1" "$3" >/dev/null
}

# is_new_here CLUSTER PATH: the record of what was there before has to be made yet, or says the same.
is_new_here() {
  { ! kept_as file "$1" "$2" && ! kept_as absent "$1" "$2"; } ||
    same "$state_dir/$1/generations/0/files$2" "$root$2"
}

# difference MODE PATH NEW: from what is there to what will be.
difference() {
  if [ "$1" = 0600 ] || [ "$1" = 600 ]; then
    say "  its lines are secret and not shown"
  elif [ ! -f "$root$2" ]; then
    say "  it is no plain file"
  elif ! have diff; then
    say "  there is no diff on this host to show what changes"
  else
    # Before lines are cut: part of a key says much of it.
    diff -u -L "$2 (is)" -L "$2 (will be)" "$root$2" "$3" | hide_keys | plain_text | hide_passwords "$root$2"
  fi
}

# plain_text: nothing that a terminal would obey, and no line that is too long.
plain_text() { LC_ALL=C tr -c '\t\n -~' '?' | cut -c "1-$shown_characters"; }

# hide_keys: a filter; what is written as a key of WireGuard is hidden, but for what stands where a public key does.
hide_keys() {
  LC_ALL=C awk -v stars="********" '
    function is_public(before) {
      return before ~ /(^|[^a-z0-9_-])publickey[ \t]*=[ \t]*$/ || before ~ /(^|[^a-z0-9_-])peer[ \t]+$/ ||
        before ~ /^[ +-]?tunnel-peer [^ ]+ [^ ]+ $/
    }
    # Not every awk knows {43}.
    BEGIN { for (i = 0; i < 43; i++) key = key "[A-Za-z0-9+/]"; key = key "=" }
    {
      for (shown = ""; match($0, key); $0 = substr($0, RSTART + RLENGTH)) {
        shown = shown substr($0, 1, RSTART - 1)
        shown = shown (is_public(tolower(shown)) ? substr($0, RSTART, RLENGTH) : stars)
      }
      print shown $0
    }'
}

# hide_passwords FILE: a filter; what FILE uses as a password is hidden wherever it stands, and so is what follows a
# word that speaks of one.
hide_passwords() {
  plain_text <"$1" >"$work/own-lines"
  awk -v stars="********" '
    function bare(text) { gsub(/^[ \t]+|[ \t]+$/, "", text); return text }
    function first_word(text) {
      text = bare(text)
      if (sub(/^"/, "", text)) sub(/".*/, "", text)
      else sub(/[ \t].*/, "", text)
      return text
    }
    function hide(word) { if (length(word) > 2 && !index(stars, word)) hidden[word] = 1 }
    part == 1 {
      if (/^[ \t]*[$][A-Za-z0-9_]+[ \t]*=/) {
        at = index($0, "=")
        defined[bare(substr($0, 1, at - 1))] = first_word(substr($0, at + 1))
      }
      if ((at = index($0, "auth_pass")) > 0) used[first_word(substr($0, at + 9))] = 1
      next
    }
    !resolved++ {
      for (word in used) {
        name = word
        gsub(/[{}]/, "", name)
        if (name in defined) hide(defined[name])
        else hide(word)
      }
    }
    {
      for (word in hidden)
        while ((at = index($0, word)) > 0) $0 = substr($0, 1, at - 1) stars substr($0, at + length(word))
      if (match(tolower($0), /[a-z0-9_]*(pass|secret|token|hmac|private|preshared)[a-z0-9_]*/) &&
          substr($0, RSTART + RLENGTH) ~ /[^ \t]/)
        $0 = substr($0, 1, RSTART + RLENGTH - 1) " " stars
      print
    }' part=1 "$work/own-lines" part=2 -
}

# keep_changed CLUSTER: the paths in $work/by-hand, unless the last copy is the same.
keep_changed() {
  last_copy=$(for kept in "$state_dir/$1/by-hand"/*; do say "$kept"; done | sort | tail -n 1)
  while read -r path; do
    same "$last_copy$path" "$root$path" || say "$path"
  done <"$work/by-hand" >"$work/by-hand.new"
  mv "$work/by-hand.new" "$work/by-hand"
  keep_by_hand "$1"
}
