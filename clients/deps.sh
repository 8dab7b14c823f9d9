# shellcheck shell=bash
# Where the client libraries find the toolchains and packages that clients/fetch has downloaded.
# To be sourced.

clients=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deps_root=/var/cache/mailstrom/clients

# deps_folder LANGUAGE: its name tells all that pins its content, so that it is never stale.
deps_folder() {
  local key
  key=$(cd "$clients/$1" &&
    find . -maxdepth 2 \( -name fetch -o -name 'requirements*.txt' -o -name package-lock.json \
      -o -name go.sum -o -name Cargo.lock -o -name pom.xml \) -print0 |
    sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-16)
  echo "$deps_root/$1-$key"
}

# deps LANGUAGE: prints the folder; fails when it is not there.
deps() {
  local folder
  folder=$(deps_folder "$1")
  if [[ ! -d $folder ]]; then
    echo "The packages of clients/$1 are missing; clients/fetch downloads them." >&2
    return 1
  fi
  echo "$folder"
}
