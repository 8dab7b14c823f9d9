#!/usr/bin/env bash
# fetch_debian_source.sh PACKAGE VERSION: leaves the package's upstream source in ./orig.tar.xz.
# Uses package lists of its own, so the machine's apt configuration stays as it is.
set -euo pipefail
package=$1 version=$2
mkdir -p apt/parts apt/lists/partial apt/cache/archives/partial
for file in /etc/apt/sources.list.d/*.sources; do
  [[ -e $file ]] || continue
  sed 's/^Types:.*/Types: deb-src/' "$file" > "apt/parts/$(basename "$file")"
done
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [[ -e $file ]] || continue
  sed -n 's/^deb\([[:space:]]\)/deb-src\1/p' "$file" > "apt/parts/$(basename "$file" .list).list"
done
apt_options=(
  -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$PWD/apt/parts"
  -o Dir::State::Lists="$PWD/apt/lists" -o Dir::Cache="$PWD/apt/cache"
  -o APT::Sandbox::User=root -o Acquire::Retries=3
)
apt-get "${apt_options[@]}" -qq update
apt-get "${apt_options[@]}" -qq source --download-only "$package=$version"
mv ./*.orig.tar.xz orig.tar.xz
rm -rf apt
