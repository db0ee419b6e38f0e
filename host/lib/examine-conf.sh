# shellcheck shell=sh disable=SC2154,SC2016,SC2034 # the names of common.sh; variables of awk; used by others
# The config of keepalived for awk: `take(FILE, 0)` makes tokens of a file and what it includes, `read_conf()` calls
# `statement(WORDS, word, DEPTH, block)` for each, with block[] and named[] for the blocks around it. `unsure` is 1 where a
# definition, a condition or an include by a pattern decides what it says.

conf_awk='
function directory(file) { sub(/\/[^\/]*$/, "", file); return file }
# take FILE, DEPTH: its tokens, and those of what it includes, in order.
function take(file, depth,   line, status, name, i, c, word, quoted) {
  if (depth > 8) { unsure = 1; return }
  while ((status = (getline line < file)) > 0) {
    word = ""; quoted = 0
    if (line ~ /^[ \t]*[#!]/) continue
    if (line ~ /^[ \t]*[@$]/ || line ~ /~(SEQ|LST)\(/ || line ~ /[$]\{?[A-Za-z_]/ || line ~ /\\$/) unsure = 1
    if (line ~ /^[ \t]*include/) {
      name = line
      sub(/^[ \t]*include[a-z]?[ \t]+/, "", name)
      sub(/[ \t].*/, "", name)
      if (name ~ /[*?\[~"]/) { unsure = 1; continue }
      take(name ~ /^\// ? root name : directory(file) "/" name, depth + 1)
      continue
    }
    for (i = 1; i <= length(line) + 1; i++) {
      c = i > length(line) ? " " : substr(line, i, 1)
      if (quoted) { if (c == "\"") quoted = 0; else word = word c; continue }
      if (c == "\"") { quoted = 1; continue }
      if ((c == "#" || c == "!") && word == "") break
      if (c == " " || c == "\t" || c == "\r" || c == "{" || c == "}") {
        if (word != "") { token[++tokens] = word; row[tokens] = 0 }
        word = ""
        if (c == "{" || c == "}") token[++tokens] = c
        continue
      }
      word = word c
    }
    token[++tokens] = "\n"
  }
  if (status < 0) unsure = 1
  close(file)
}
function read_conf(   i, j, depth, head, words, word) {
  for (i = 1; i <= tokens; i = j) {
    words = 0
    for (j = i; j <= tokens && token[j] != "\n" && token[j] != "{" && token[j] != "}"; j++) word[++words] = token[j]
    if (words > 0) statement(words, word, depth, block)
    if (j > tokens) return
    if (token[j] == "{") { block[++depth] = words > 0 ? word[1] : last_word; named[depth] = words > 1 ? word[2] : last_name }
    else if (token[j] == "}" && depth > 0) depth--
    if (words > 0) { last_word = word[1]; last_name = words > 1 ? word[2] : "" }
    j++
  }
}
'
