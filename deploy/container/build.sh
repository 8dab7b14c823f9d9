#!/usr/bin/env bash
# build.sh [--base TAR] [--programs FOLDER] OCI_FOLDER: makes the container image, in the layout of the Open Container
# Initiative, which registries take with `skopeo copy oci:OCI_FOLDER docker://…`. As root, on Debian 12; asks no registry of images.
#
# Without --programs builds them, optimized. Without --base takes the newest Debian packages (see base.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
base=
programs=
while [[ ${1:-} == --* ]]; do
  case $1 in
  --base) base=$(realpath "$2") ;;
  --programs) programs=$(realpath "$2") ;;
  *)
    echo "build.sh: unknown option $1" >&2
    exit 2
    ;;
  esac
  shift 2
done
[[ $# -eq 1 ]] || {
  sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
  exit 2
}
mkdir -p "$1"
output=$(realpath "$1")
version=$(<"$here/../../clients/VERSION")
work=$(mktemp --directory)
trap 'rm -rf "$work"' EXIT

# What all programs have inside, and then what the released server has.
linked() {
  sed -n 's/^    \(package\|version\) = "\(.*\)",$/\2/p' "$here/../../WORKSPACE" | paste -sd ' '
  dpkg-query --show --showformat '${Package} ${Version}\n' libasio-dev "$@"
}
linked >"$work/linked"

if [[ -z $programs ]]; then
  cd "$here/../.."
  scripts/install-packages build container
  inside=(libabsl-dev libc-ares-dev libgrpc++-dev libgrpc-dev libjemalloc-dev libprotobuf-dev libre2-dev librocksdb-dev)
  apt-get install --quiet --yes --only-upgrade libasio-dev "${inside[@]}" >/dev/null
  linked "${inside[@]}" >"$work/linked"
  # Bazel does not see what Debian has installed; with other versions than before, nothing old may be used again.
  options=("--copt=-DMAILSTROM_LINKED_$(sha256sum <"$work/linked" | cut -c 1-16)")
  programs=$work/programs
  mkdir "$programs"
  scripts/bazel build --config=release "${options[@]}" //server:mailstromd
  cp "$(scripts/bazel info --config=release "${options[@]}" bazel-bin)/server/mailstromd" "$programs"
  # These are called now and then, and smaller with the libraries of the image.
  options+=(--compilation_mode=opt)
  scripts/bazel build "${options[@]}" //clients/cli:mailstrom //storage/tool:mailstrom-store
  bin=$(scripts/bazel info "${options[@]}" bazel-bin)
  cp "$bin/clients/cli/mailstrom" "$bin/storage/tool/mailstrom-store" "$programs"
fi
if [[ -z $base ]]; then
  base=$work/base.tar
  "$here/base.sh" "$base"
fi

mkdir "$work/rootfs" "$work/state"
# Devices and the package manager's own files are the runtime's and nobody's.
tar --extract --file "$base" --directory "$work/rootfs" --exclude './dev/*' --exclude './etc/apt' --exclude './etc/fstab'
install -m 755 "$programs"/{mailstromd,mailstrom,mailstrom-store} "$work/rootfs/usr/bin/"
mkdir -p "$work/rootfs/usr/share/mailstrom"
/usr/bin/python3 "$here/sbom.py" "$work/rootfs" "$version" "$work/linked" >"$work/sbom.json"
mv "$work/sbom.json" "$work/rootfs/usr/share/mailstrom/sbom.spdx.json"

buildah=(buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs)
"${buildah[@]}" build --quiet --isolation chroot --format oci --label "org.opencontainers.image.version=$version" \
  --file "$here/Containerfile" --tag "mailstrom:$version" "$work" >"$work/id"
"${buildah[@]}" push --quiet "mailstrom:$version" "oci:$output:$version"
"${buildah[@]}" rmi --all --force >"$work/removed"
echo "$output: mailstrom $version"
