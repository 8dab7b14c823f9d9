# shellcheck shell=bash
# Where the checks of deploy/ find what deploy/tools/fetch has downloaded. To be sourced.

deploy_tools=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
deploy_deps_root=/var/cache/mailstrom/deploy

# deploy_deps: prints the folder. Its name tells all that pins its content, so that it is never stale.
deploy_deps() {
  local key
  key=$(cd "$deploy_tools" && sha256sum fetch requirements.txt go.mod go.sum | sha256sum | cut -c 1-16)
  echo "$deploy_deps_root/$key"
}
