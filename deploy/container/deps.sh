# shellcheck shell=bash
# Where the test finds what deploy/container/fetch has made. To be sourced.

deploy_container=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# container_base: prints the path of the base. Its name tells what it was made from.
container_base() {
  local key
  key=$(cd "$deploy_container" && cat base.sh packages | sha256sum | cut -c 1-16)
  echo "/var/cache/mailstrom/deploy/container-base-$key.tar"
}
