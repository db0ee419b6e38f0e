# Stands in for OpenWrt's uci: commands, delta files and export as its cli.c, delta.c and file.c have them.
# Environment: UCI_CONFIG, where the packages are; UCI_SAVE, where changes go that are not committed; UCI_PATHS, all places
# where such changes are looked for; UCI_QUIET; UCI_FILE, the text of the commands or of an import. ARGV: a command's words.
# With `batch` the commands come in UCI_FILE; as the real one does, it goes on after an error and ends with 0.

function read_all(file,   line, text) {
  text = ""
  while ((getline line < file) > 0) text = text line "\n"
  close(file)
  return text
}

# next_words: the words of the next command of TEXT into W; -1 at the end. A quoted newline is part of a word.
function next_words(   n, c, word, any, quote) {
  n = 0; word = ""; any = 0; quote = ""
  while (AT <= length(TEXT)) {
    c = substr(TEXT, AT++, 1)
    if (quote != "") { if (c == quote) quote = ""; else word = word c }
    else if (c == "'" || c == "\"") { quote = c; any = 1 }
    else if (c == "\\") { word = word substr(TEXT, AT++, 1); any = 1 }
    else if (c == "#" && !any && word == "") { while (AT <= length(TEXT) && substr(TEXT, AT, 1) != "\n") AT++ }
    else if (c == "\n") { if (any) W[++n] = word; if (n) return n; word = ""; any = 0 }
    else if (c == " " || c == "\t") { if (any) W[++n] = word; word = ""; any = 0 }
    else { word = word c; any = 1 }
  }
  if (any) W[++n] = word
  return n ? n : -1
}

function quoted(value) { gsub(/'/, "'\\''", value); return "'" value "'" }

function auto_name(p, type,   i, h) {
  h = 5381 + made[p]
  for (i = 1; i <= length(type); i++) h = (h * 33 + index("abcdefghijklmnopqrstuvwxyz_-0123456789", substr(type, i, 1))) % 65536
  return sprintf("cfg%02x%04x", ++made[p], h)
}

function new_section(p, type, name,   s) {
  s = ++count[p]
  anonymous[p, s] = name == ""
  stype[p, s] = type
  sname[p, s] = name == "" ? auto_name(p, type) : name
  if (name != "") made[p]++
  options[p, s] = 0
  return s
}

function find_option(p, s, name,   o) {
  for (o = 1; o <= options[p, s]; o++) if (oname[p, s, o] == name) return o
  return 0
}

function put_option(p, s, name, is_list,   o) {
  o = find_option(p, s, name)
  if (!o) { o = ++options[p, s]; oname[p, s, o] = name; items[p, s, o] = 0 }
  islist[p, s, o] = is_list
  return o
}

function set_option(p, s, name, value,   o) {
  if (value == "") { drop_option(p, s, name); return }
  o = put_option(p, s, name, 0); items[p, s, o] = 1; item[p, s, o, 1] = value
}

function add_item(p, s, name, value,   o) { o = put_option(p, s, name, 1); item[p, s, o, ++items[p, s, o]] = value }

function del_item(p, s, name, value,   o, i, n) {
  o = find_option(p, s, name)
  if (!o || !islist[p, s, o]) return
  for (i = 1; i <= items[p, s, o]; i++) if (item[p, s, o, i] != value) item[p, s, o, ++n] = item[p, s, o, i]
  items[p, s, o] = n
  if (!n) drop_option(p, s, name)
}

function drop_option(p, s, name,   o, i) {
  o = find_option(p, s, name)
  if (!o) return 0
  for (; o < options[p, s]; o++) {
    oname[p, s, o] = oname[p, s, o + 1]; islist[p, s, o] = islist[p, s, o + 1]; items[p, s, o] = items[p, s, o + 1]
    for (i = 1; i <= items[p, s, o]; i++) item[p, s, o, i] = item[p, s, o + 1, i]
  }
  options[p, s]--
  return 1
}

function move_section(p, from, to,   o, i) {
  anonymous[p, to] = anonymous[p, from]; stype[p, to] = stype[p, from]; sname[p, to] = sname[p, from]
  options[p, to] = options[p, from]
  for (o = 1; o <= options[p, to]; o++) {
    oname[p, to, o] = oname[p, from, o]; islist[p, to, o] = islist[p, from, o]; items[p, to, o] = items[p, from, o]
    for (i = 1; i <= items[p, to, o]; i++) item[p, to, o, i] = item[p, from, o, i]
  }
}

function drop_section(p, s) { for (; s < count[p]; s++) move_section(p, s + 1, s); count[p]-- }

function reorder(p, s, to) {
  move_section(p, s, 0)
  drop_section(p, s)
  count[p]++
  for (s = count[p]; s > to + 1; s--) move_section(p, s - 1, s)
  move_section(p, 0, to + 1)
}

function find_section(p, id,   s, n, type, at) {
  if (id ~ /^@[^[]+\[-?[0-9]+\]$/) {
    type = id; sub(/^@/, "", type); sub(/\[.*/, "", type)
    at = id; sub(/.*\[/, "", at); sub(/\]/, "", at); at += 0
    for (s = 1; s <= count[p]; s++) if (stype[p, s] == type) n++
    if (at < 0) at += n
    n = 0
    for (s = 1; s <= count[p]; s++) if (stype[p, s] == type && n++ == at) return s
    return 0
  }
  for (s = 1; s <= count[p]; s++) if (sname[p, s] == id) return s
  return 0
}

function parse(p, text,   n, s) {
  TEXT = text; AT = 1; count[p] = 0; made[p] = 0; s = 0
  while ((n = next_words()) >= 0) {
    if (W[1] == "package") continue
    if (W[1] == "config" && n >= 2) {
      s = n > 2 ? find_section(p, W[3]) : 0
      if (!s) s = new_section(p, W[2], n > 2 ? W[3] : "")
    }
    else if (W[1] == "option" && n == 3 && s) set_option(p, s, W[2], W[3])
    else if (W[1] == "list" && n == 3 && s) add_item(p, s, W[2], W[3])
    else return 0
  }
  return 1
}

# apply_delta: one line of a delta file.
function apply_delta(p, line,   mark, key, value, at, id, option, s) {
  mark = ""
  if (line ~ /^[-+|~^@]/) { mark = substr(line, 1, 1); line = substr(line, 2) }
  at = index(line, "=")
  key = at ? substr(line, 1, at - 1) : line
  value = at ? substr(line, at + 1) : ""
  sub(/^[^.]*\./, "", key)
  option = ""; id = key
  if (index(key, ".")) { option = key; sub(/^[^.]*\./, "", option); sub(/\..*/, "", id) }
  s = find_section(p, id)
  if (mark == "+") { if (!s) { s = new_section(p, value, ""); sname[p, s] = id } }
  else if (mark == "-") { if (s) { if (option != "") drop_option(p, s, option); else drop_section(p, s) } }
  else if (mark == "|") { if (s) add_item(p, s, option, value) }
  else if (mark == "~") { if (s) del_item(p, s, option, value) }
  else if (mark == "^") { if (s) reorder(p, s, value) }
  else if (mark == "@") { if (s) { sname[p, s] = value; anonymous[p, s] = 0 } }
  else if (option != "") { if (s) set_option(p, s, option, value) }
  else if (s) stype[p, s] = value
  else new_section(p, value, id)
}

function load(p,   i, n, list, lines, m, j) {
  if (p in loaded) return loaded[p]
  if (p !~ /^[A-Za-z0-9_-]+$/ || system("[ -f " quoted(ENVIRON["UCI_CONFIG"] "/" p) " ]")) { return loaded[p] = 0 }
  if (!parse(p, read_all(ENVIRON["UCI_CONFIG"] "/" p))) { complain("Parse error"); return loaded[p] = 0 }
  n = split(ENVIRON["UCI_PATHS"], list, " ")
  for (i = 1; i <= n; i++) {
    TEXT = read_all(list[i] "/" p); AT = 1
    while ((m = next_words()) >= 0) { lines = W[1]; for (j = 2; j <= m; j++) lines = lines " " W[j]; apply_delta(p, lines) }
  }
  return loaded[p] = 1
}

function serialise(p,   text, s, o, i) {
  text = ""
  for (s = 1; s <= count[p]; s++) {
    text = text "\nconfig " stype[p, s] (anonymous[p, s] ? "" : " " quoted(sname[p, s])) "\n"
    for (o = 1; o <= options[p, s]; o++)
      for (i = 1; i <= items[p, s, o]; i++)
        text = text "\t" (islist[p, s, o] ? "list " : "option ") oname[p, s, o] " " quoted(item[p, s, o, i]) "\n"
  }
  return text "\n"
}

function complain(what) { if (ENVIRON["UCI_QUIET"] == "") print "uci: " what > "/dev/stderr"; return 1 }

function save(line, p) {
  system("mkdir -p " quoted(ENVIRON["UCI_SAVE"]))
  print line >> (ENVIRON["UCI_SAVE"] "/" p)
  close(ENVIRON["UCI_SAVE"] "/" p)
}

function valued(p, s, o, sep, quote,   text, i) {
  if (!islist[p, s, o]) return quote ? quoted(item[p, s, o, 1]) : item[p, s, o, 1]
  for (i = 1; i <= items[p, s, o]; i++)
    text = text (i > 1 ? sep : "") (quote || item[p, s, o, i] ~ /[ \t\n]/ ? quoted(item[p, s, o, i]) : item[p, s, o, i])
  return text
}

function show_section(p, s, id,   o) {
  print p "." id "=" stype[p, s]
  for (o = 1; o <= options[p, s]; o++) print p "." id "." oname[p, s, o] "=" valued(p, s, o, " ", 1)
}

function show(p, id, option,   s, seen, name) {
  if (id == "") {
    for (s = 1; s <= count[p]; s++) {
      name = anonymous[p, s] ? "@" stype[p, s] "[" (seen[stype[p, s]] + 0) "]" : sname[p, s]
      seen[stype[p, s]]++
      show_section(p, s, name)
    }
    return 0
  }
  s = find_section(p, id)
  if (!s) return complain("Entry not found")
  if (option == "") { show_section(p, s, id); return 0 }
  if (!find_option(p, s, option)) return complain("Entry not found")
  print p "." id "." option "=" valued(p, s, find_option(p, s, option), " ", 1)
  return 0
}

function commit(p,   file, text) {
  file = ENVIRON["UCI_CONFIG"] "/" p
  text = serialise(p)
  printf "%s", text > (file ".uci-new"); close(file ".uci-new")
  system("m=$(ls -l " quoted(file) " | cut -c 2-10); chmod 600 " quoted(file ".uci-new") "; case $m in *r--) chmod 644 " quoted(file ".uci-new") ";; esac; mv " quoted(file ".uci-new") " " quoted(file) "; rm -f " quoted(ENVIRON["UCI_SAVE"] "/" p))
  return 0
}

# run: the command of n words in A; what it returns is the exit code.
function run(n, A,   verb, where, value, at, p, id, option, s, line, all, i) {
  verb = A[1]
  where = A[2]
  if (n < 2 && verb ~ /^(show|changes|export|commit)$/) {
    all = "cd " quoted(ENVIRON["UCI_CONFIG"]) " && ls"
    while ((all | getline line) > 0) names[++i] = line
    close(all)
    for (n = 1; n <= i; n++) { A[1] = verb; A[2] = names[n]; run(2, A) }
    return 0
  }
  value = ""
  at = index(where, "=")
  if (at) { value = substr(where, at + 1); where = substr(where, 1, at - 1) }
  p = where; sub(/\..*/, "", p)
  id = ""; option = ""
  if (index(where, ".")) { id = substr(where, length(p) + 2); option = "" }
  if (id ~ /^@[^]]*\]\./) { option = id; sub(/^@[^]]*\]\./, "", option); sub(/\]\..*/, "]", id) }
  else if (id !~ /^@/ && index(id, ".")) { option = id; sub(/^[^.]*\./, "", option); sub(/\..*/, "", id) }
  if (!load(p)) return complain("Entry not found")
  s = id == "" ? 0 : find_section(p, id)
  if (verb == "get") {
    if (!s) return complain("Entry not found")
    if (option == "") { print stype[p, s]; return 0 }
    if (!find_option(p, s, option)) return complain("Entry not found")
    print valued(p, s, find_option(p, s, option), " ", 0)
  } else if (verb == "show") return show(p, id, option)
  else if (verb == "export") printf "package %s\n%s", p, serialise(p)
  else if (verb == "changes") {
    TEXT = read_all(ENVIRON["UCI_SAVE"] "/" p); AT = 1
    while ((n = next_words()) >= 0) {
      line = W[1]
      if (line ~ /^[+@^]/) line = substr(line, 2)
      at = index(line, "=")
      if (line ~ /^-/) print line
      else if (line ~ /^[|~]/) print substr(line, 2, at - 2) (line ~ /^\|/ ? "+=" : "-=") quoted(substr(line, at + 1))
      else print substr(line, 1, at) quoted(substr(line, at + 1))
    }
  }
  else if (verb == "commit") return commit(p)
  else if (verb == "revert") { system("rm -f " quoted(ENVIRON["UCI_SAVE"] "/" p)); delete loaded[p] }
  else if (verb == "add") {
    s = new_section(p, A[3], "")
    save("+" p "." sname[p, s] "=" quoted(A[3]), p)
    if (!BATCH) print sname[p, s]
  } else if (verb == "set") {
    if (at < 1) return complain("Invalid argument")
    if (option == "") {
      if (!s) { if (id !~ /^[A-Za-z0-9_]+$/) return complain("Invalid argument"); s = new_section(p, value, id) }
      else stype[p, s] = value
      save(p "." sname[p, s] "=" quoted(value), p)
    } else {
      if (option !~ /^[A-Za-z0-9_]+$/) return complain("Invalid argument")
      if (!s) return complain("Invalid argument")
      set_option(p, s, option, value)
      save(p "." sname[p, s] "." option "=" quoted(value), p)
    }
  } else if (verb == "add_list" || verb == "del_list") {
    if (!s || option == "") return complain("Invalid argument")
    if (verb == "add_list") add_item(p, s, option, value); else del_item(p, s, option, value)
    save((verb == "add_list" ? "|" : "~") p "." sname[p, s] "." option "=" quoted(value), p)
  } else if (verb == "delete" || verb == "del") {
    if (!s) return complain("Entry not found")
    line = "-" p "." sname[p, s] (option == "" ? "" : "." option)
    if (option == "") drop_section(p, s)
    else if (!drop_option(p, s, option)) return complain("Entry not found")
    save(line, p)
  } else if (verb == "rename") {
    if (!s) return complain("Entry not found")
    save("@" p "." sname[p, s] "=" quoted(value), p)
    sname[p, s] = value; anonymous[p, s] = 0
  } else if (verb == "reorder") {
    if (!s) return complain("Entry not found")
    save("^" p "." sname[p, s] "=" quoted(value), p)
    reorder(p, s, value)
  } else return complain("Unknown command")
  return 0
}

BEGIN {
  for (i = 1; i < ARGC; i++) A[i] = ARGV[i]
  n = ARGC - 1
  if (A[1] == "import") {
    p = A[2]
    if (!parse(p, read_all(ENVIRON["UCI_FILE"]))) { complain("Parse error"); exit 1 }
    exit commit(p)
  }
  if (A[1] != "batch") exit run(n, A)
  BATCH = 1
  # The words of all commands first: run() reads texts of its own.
  TEXT = read_all(ENVIRON["UCI_FILE"]); AT = 1
  while ((n = next_words()) >= 0) { words[++lines] = n; for (i = 1; i <= n; i++) text[lines, i] = W[i] }
  for (l = 1; l <= lines; l++) {
    for (i = 1; i <= words[l]; i++) A[i] = text[l, i]
    # uci takes four words of a line.
    if (words[l] > 4) { complain("Invalid argument"); continue }
    run(words[l], A)
  }
  exit 0
}
