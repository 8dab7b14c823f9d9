# shellcheck shell=bash
# environment.sh TOOLS DEPS: the Go of TOOLS, with modules and caches in DEPS. To be sourced.
export PATH=$1/bin:$PATH
export GOMODCACHE=$2/mod GOCACHE=$2/build-cache GOPATH=$2/path
export GOTOOLCHAIN=local GOFLAGS="-mod=readonly -modcacherw" CGO_ENABLED=0

# What is in the module cache was verified when it came.
offline() {
  export GOENV=off GOPROXY=off GOSUMDB=off
}
