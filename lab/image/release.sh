#!/bin/sh
# Makes the disk `root`: a Debian of any release, with keepalived and no package source.
# Usage: release.sh OUT SOURCES RELEASE   (SOURCES: sources.list of a Debian mirror)
set -eu
out=$1
# shellcheck source=lab/image/common.sh
. "$(dirname "$0")/common.sh"

say "lab image: downloading and unpacking Debian $release"
make_root "$out/root" keepalived,curl
