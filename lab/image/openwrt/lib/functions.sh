# shellcheck shell=sh disable=SC2154 # by eval
# Stands in for what OpenWrt's /lib/functions.sh gives to init scripts: config_load, config_get, config_get_bool,
# config_foreach, config_list_foreach.
config_load() {
  CONFIG_SECTIONS=
  eval "$(uci -q show "$1" 2>/dev/null | awk '
    {
      at = index($0, "="); key = substr($0, 1, at - 1); value = substr($0, at + 1)
      sub(/^[^.]*\./, "", key)
      id = key; option = ""
      if (key ~ /^@/) { if (match(key, /\]\./)) { option = substr(key, RSTART + 2); id = substr(key, 1, RSTART) } }
      else if (index(key, ".")) { option = key; sub(/^[^.]*\./, "", option); sub(/\..*/, "", id) }
      gsub(/[^A-Za-z0-9_]/, "_", id)
      if (option == "") { print "CONFIG_SECTIONS=\"$CONFIG_SECTIONS " id "\" CONFIG_" id "_TYPE=" value }
      else { gsub(/\047 \047/, " ", value); print "CONFIG_" id "_" option "=" value }
    }')"
}
config_get() {
  if [ -n "${3-}" ]; then eval "$1=\${CONFIG_${2}_${3}:-\${4-}}"; else eval "echo \"\${CONFIG_${1}_${2}-}\""; fi
}
config_get_bool() {
  config_get "$1" "$2" "$3" "${4-}"
  eval "_bool=\$$1"
  case $_bool in 1 | on | true | yes | enabled) _bool=1 ;; 0 | off | false | no | disabled) _bool=0 ;; *) _bool=${4-} ;; esac
  eval "$1=\$_bool"
}
config_foreach() {
  _function=$1 _type=${2-}
  shift; [ $# -eq 0 ] || shift
  for _section in $CONFIG_SECTIONS; do
    eval "_is=\$CONFIG_${_section}_TYPE"
    if [ -z "$_type" ] || [ "$_is" = "$_type" ]; then "$_function" "$_section" "$@"; fi
  done
}
config_list_foreach() {
  config_get _list "$1" "$2"
  _each=$3
  shift 3
  for _item in $_list; do "$_each" "$_item" "$@"; done
}
