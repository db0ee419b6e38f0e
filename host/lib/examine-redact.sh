# shellcheck shell=sh disable=SC2154,SC2034 # the names of common.sh and examine.sh
# No secret leaves the host, wherever it turns up: every value that a secret file has is hidden in every fact that has words.

# secret_files: of the current generation, and as they are now.
secret_files() {
  {
    for secret_dir in $examine_dirs; do
      [ ! -r "$secret_dir/manifest" ] || awk -v files="$secret_dir/files" '
        ($1 == "file" || $1 == "not-here") && $2 ~ /^0?600$/ { print files $6; print ENVIRON["VRRP_ROOT"] $6 }' "$secret_dir/manifest"
    done
    for secret_file in "$root$keepalived_conf" "$root"/etc/keepalived/*.conf "$root"/etc/wireguard/*.key "$root"/etc/wireguard/*.psk \
      "$conf_dir/$examine_cluster/role.conf"; do
      say "$secret_file"
    done
  } | awk '!seen[$0]++'
}

# find_secrets: values, one a line, into $work/secrets, which only root can read.
find_secrets() {
  set --
  for find_secret in $(secret_files); do
    [ ! -f "$find_secret" ] || set -- "$@" "$find_secret"
  done
  [ $# -gt 0 ] || set -- /dev/null
  LC_ALL=C awk '
    function keep(value) {
      sub(/[ \t\r]+$/, "", value)
      if (value ~ /^".*"$/) value = substr(value, 2, length(value) - 2)
      # A short one would hide half of what is told.
      if (length(value) >= 4 && !seen[value]++) print value
    }
    match($0, /auth_pass[ \t]+/) {
      value = substr($0, RSTART + RLENGTH)
      if (value ~ /^"/) { value = substr(value, 2); sub(/".*/, "", value) }
      else sub(/[ \t]*[}#!].*/, "", value)
      keep(value)
      # More of it is not used.
      keep(substr(value, 1, 8))
      next
    }
    match($0, /^[ \t]*(PrivateKey|PresharedKey)[ \t]*=[ \t]*/) { keep(substr($0, RSTART + RLENGTH)); next }
    /^action-set / { sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); keep($0); next }
    FILENAME ~ /\.(key|psk)$/ { keep($0) }' "$@" >"$work/secrets"
}

# hide_secrets: a filter; only where a fact has words, for a short password may be a number or a name.
hide_secrets() {
  LC_ALL=C awk -v stars="********" '
    part == 1 { secret[++count] = $0; next }
    /^\||^(conf-error|log|check|check-run|action|script|script-line|denied|daemon-unit|replica|witness|firewall|directory|verdict|loaded-none|lacks) / {
      for (i = 1; i <= count; i++) {
        shown = ""
        while ((at = index($0, secret[i])) > 0) {
          shown = shown substr($0, 1, at - 1) stars
          $0 = substr($0, at + length(secret[i]))
        }
        $0 = shown $0
      }
    }
    !/^\|/ { sub(/ +$/, "") }
    { print }' part=1 "$work/secrets" part=2 - | hide_keys
}

# one_line_of: a filter; what a tool has said, as the words of a fact.
one_line_of() { tr '\000-\037\177' ' ' | cut -c 1-300 | sed 's/ *$//'; }
