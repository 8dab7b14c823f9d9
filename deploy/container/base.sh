#!/usr/bin/env bash
# base.sh TAR: makes the image's file system but for our own programs: files of Debian packages, without a shell,
# a package manager or anything else that could be run. As root, with mmdebstrap.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
packages=$(sed 's/#.*//' "$here/packages" | xargs | tr ' ' ,)

# The maintainer scripts do not run, so what they would do that we need is done here. A list of what is
# installed is kept as scanners of images look for it.
hook='
mkdir -p "$1/var/lib/dpkg/status.d"
for deb in "$1"/var/cache/apt/archives/*.deb; do
  dpkg-deb --field "$deb" >"$1/var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"
done
cat "$1"/usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
printf "%s\n" "root:x:0:0:root:/:/nonexistent" "mailstrom:x:10001:10001::/:/nonexistent" >"$1/etc/passwd"
printf "%s\n" "root:x:0:" "mailstrom:x:10001:" >"$1/etc/group"
mkdir -p "$1/etc/mailstrom" "$1/run/secrets/mailstrom" "$1/proc" "$1/sys"
install -d -o 10001 -g 10001 -m 750 "$1/var/lib/mailstrom"
rm -rf "$1"/usr/bin/* "$1"/usr/sbin/* "$1"/usr/share/{man,locale,lintian,bug,perl5,zoneinfo} "$1/etc/debconf.conf"
rm -rf "$1"/usr/lib/x86_64-linux-gnu/{gconv,perl*,libprotoc.so*} "$1"/var/lib/dpkg/info
find "$1/usr/share/doc" -type f ! -name copyright -delete'

mmdebstrap --quiet --mode=root --variant=extract --format=tar --include="$packages" \
  --extract-hook="bash -euc '$(printf %s "$hook" | sed "s/'/'\\\\''/g")' hook \"\$1\"" bookworm "$1"
