# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh
# Reading a bundle, and the manifest (its head) that stays with a generation.

# manifest_value KEY MANIFEST
manifest_value() { facts "$1" "$2" 1; }

# manifest_paths MANIFEST: absolute paths, one a line.
manifest_paths() { facts file "$1" 5; }

# manifest_digest PATH MANIFEST: the sha256 that PATH should have.
manifest_digest() { awk -v path="$1" '$1 == "file" && $6 == path { print $4 }' "$2"; }

# unpack BUNDLE DIRECTORY: writes DIRECTORY/manifest, and the files as DIRECTORY/part.1, part.2 ... in its order.
# Prints what is wrong with a bundle that is not whole and fails with 1; fails with more when it cannot write.
unpack() {
  awk -v to="$2" '
    function wrong(what) { print "line " NR ": " what; bad = 1; exit 1 }
    function is_digest(text) { return length(text) == 64 && text !~ /[^0-9a-f]/ }
    function next_part() {
      close(to "/part." part)
      for (part++; part <= files && lines[part] == 0; part++) { printf "" > (to "/part." part); close(to "/part." part) }
      left = part <= files ? lines[part] : 0
    }
    NR == 1 { if ($0 != "vrrp-bundle 1") wrong("is no vrrp-bundle of version 1"); print > (to "/manifest"); next }
    !ended {
      print > (to "/manifest")
      if ($0 == "end") { ended = 1; close(to "/manifest"); part = 0; next_part(); next }
      if ($1 == "cluster" && $2 !~ /^[A-Za-z0-9][A-Za-z0-9_-]*$/) wrong("no cluster name: " $2)
      if (($1 == "generation" || $1 == "digest") && !is_digest($2)) wrong($1 " is no sha256: " $2)
      if ($1 == "file") {
        if (NF != 6) wrong("a file line has six words")
        if ($2 !~ /^[0-7][0-7][0-7][0-7]?$/) wrong("no mode: " $2)
        if ($3 !~ /^[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+$/) wrong("no OWNER:GROUP: " $3)
        if (!is_digest($4)) wrong("no sha256: " $4)
        if ($5 !~ /^[0-9]+$/) wrong("no number of lines: " $5)
        if ($6 !~ /^(\/[A-Za-z0-9_@.:-]+)+$/ || $6 ~ /\/\.\.?(\/|$)/) wrong("no plain absolute path: " $6)
        if ($6 in seen) wrong("listed twice: " $6)
        seen[$6] = 1; lines[++files] = $5
      } else if ($1 == "package") {
        if (NF != 3 || $0 ~ /[^A-Za-z0-9_.+:\/ -]/) wrong("a package line has a command and a package")
      } else if ($1 ~ /^(cluster|owner|generation|digest)$/) {
        if (NF != 2) wrong($1 " has one value")
        if (count[$1]++) wrong($1 " is there twice")
      } else wrong("unknown word " $1)
      next
    }
    part > files { wrong("more lines than the files have") }
    { print > (to "/part." part); if (--left == 0) next_part() }
    END {
      if (bad) exit 1
      if (!ended) { print "it has no end line"; exit 1 }
      if (part <= files) { print "it is cut off: file " part " of " files " lacks " left " lines"; exit 1 }
      split("cluster owner generation digest", keys, " ")
      for (i = 1; i <= 4; i++) if (!count[keys[i]]) { print "it has no " keys[i] " line"; exit 1 }
    }' "$1" || return
  # Not every awk notices that a disk is full. The parts have digests.
  [ "$(tail -n 1 "$2/manifest")" = end ] &&
    head -n "$(wc -l <"$2/manifest")" "$1" | cmp -s - "$2/manifest" || return 2
}

# lay_out DIRECTORY: moves the parts to DIRECTORY/files/PATH with mode and owner, after a look at each sha256.
lay_out() {
  lay_out_part=0
  awk '$1 == "file"' "$1/manifest" >"$work/file-lines"
  while read -r _ mode owner digest _ path; do
    lay_out_part=$((lay_out_part + 1))
    part=$1/part.$lay_out_part
    [ "$(sha256 "$part")" = "$digest" ] ||
      fail "the bundle's $path does not have the sha256 that its manifest states; make room on the disk, or send the bundle again"
    tool "cannot store $path; make room on the disk" mkdir -p "$1/files${path%/*}"
    tool "cannot give $path to $owner; make that user and group on this host" chown "$owner" "$part"
    chmod "$mode" "$part"
    mv "$part" "$1/files$path"
  done <"$work/file-lines"
}

# leave_out_units DIRECTORY: what means nothing here is no `file` of the staged generation, but a `not-here` with the same words:
# neither placed nor missed, and as applied for whoever asks. Units without a systemd (and each write wears flash), and drop-ins
# for iptables' services where there are none: on Debian these are other names of netfilter-persistent, which has its own.
leave_out_units() {
  if ! has_systemd; then
    leave_out_of "$1" '/etc/systemd/'
    return 0
  fi
  for leave_out_unit in iptables ip6tables; do
    [ -f "$root/usr/lib/systemd/system/$leave_out_unit.service" ] ||
      leave_out_of "$1" "/etc/systemd/system/$leave_out_unit.service.d/"
  done
}

# leave_out_of DIRECTORY PREFIX
leave_out_of() {
  awk -v prefix="$2" '$1 == "file" && index($6, prefix) == 1 { sub(/^file/, "not-here") } { print }' "$1/manifest" >"$work/manifest-here" ||
    fail "cannot keep what is left out; make room in ${work%/*}"
  write_file "$1/manifest" <"$work/manifest-here"
}

# check_includes DIRECTORY: what a config of keepalived includes by a relative path is in the bundle; keepalived itself
# starts without a file that is not there, and so without the password in it.
check_includes() {
  for includes_conf in "$1"/files/etc/keepalived/*.conf; do
    [ -e "$includes_conf" ] || continue
    sed -n 's/^[[:space:]]*include[a-z_]*[[:space:]]\{1,\}"\{0,1\}\([^"#!]*[^"#![:space:]]\).*$/\1/p' "$includes_conf" \
      >"$work/includes"
    while read -r included; do
      case $included in
      /*) ;;
      *)
        [ -e "${includes_conf%/*}/$included" ] ||
          fail "${includes_conf#"$1/files"} includes $included, which the bundle does not have; send the bundle again"
        ;;
      esac
    done <"$work/includes"
  done
}

sha256() {
  sha256_line=$(sha256sum "$1")
  say "${sha256_line%% *}"
}
