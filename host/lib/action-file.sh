# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and role.sh
# An action of kind file: a file, of cron mostly, that is there in one role and not in the other.
#   path PATH
#   on master|backup         (where it is there)
#   source PATH              (its text; else the file that was found at PATH is kept and put back)
# `before` remembers whether there was one, `kept` is that file.

file_identity() { setting path; }

file_promote() { file_for master; }
file_demote() { file_for backup; }

# remember_file: once, before it is first touched.
remember_file() {
  [ ! -e "$action_dir/before" ] || return 0
  if [ -e "$root$file_path" ] || [ -L "$root$file_path" ]; then
    cp -pP "$root$file_path" "$action_dir/kept" || {
      why="cannot keep a copy of $file_path; make room on the file system of $action_dir"
      return 1
    }
    say present | write_file "$action_dir/before"
  else
    say absent | write_file "$action_dir/before"
  fi
  sync "$action_dir"
}

# file_text: what is to be there.
file_text() {
  file_source=$(setting source)
  if [ -n "$file_source" ]; then say "$root$file_source"; else say "$action_dir/kept"; fi
}

# file_for ROLE
file_for() {
  file_path=$(setting path)
  remember_file || return 1
  if [ "$(setting on)" = "$1" ]; then
    file_is_there || (place "$(file_text)" "$file_path") || {
      why="cannot write $file_path"
      return 1
    }
    return 0
  fi
  # Edited since: that is what the next promotion puts there.
  if [ -z "$(setting source)" ] && [ -f "$root$file_path" ] && ! cmp -s "$root$file_path" "$action_dir/kept"; then
    if ! cp -p "$root$file_path" "$action_dir/kept.new" || ! mv -f "$action_dir/kept.new" "$action_dir/kept"; then
      why="cannot keep a copy of $file_path; make room on the file system of $action_dir"
      return 1
    fi
  fi
  rm -f "$root$file_path"
  ! file_is_there
}

file_is_there() {
  [ -e "$root$file_path" ] && { [ -z "$(setting source)" ] || cmp -s "$root$file_path" "$root$(setting source)"; }
}

file_reached() {
  file_path=$(setting path)
  [ -e "$action_dir/before" ] || return 1
  if [ "$(setting on)" = "$1" ]; then
    file_is_there
  else
    [ ! -e "$root$file_path" ] && [ ! -L "$root$file_path" ]
  fi
}

file_forget() {
  [ -e "$action_dir/before" ] || return 0
  file_path=$(setting path)
  if grep -q -x present "$action_dir/before"; then
    (place "$action_dir/kept" "$file_path")
  else
    rm -f "$root$file_path"
  fi
}

file_test() {
  file_path=$(setting path)
  [ ! -d "$root$file_path" ] || fail "role: the action $name is about the file $file_path, which is a directory on this host; name a file"
  [ -d "$root${file_path%/*}" ] || fail "role: the action $name is about $file_path, and this host has no directory ${file_path%/*}; make it or correct the spec"
  [ -n "$(setting source)" ] || [ -f "$root$file_path" ] || [ -e "$action_dir/kept" ] ||
    fail "role: the action $name has no content, and there is no $file_path on this host; make it there, or give its content"
}
