#!/usr/bin/env bash
# run_python_test.sh [--isolated] [--import=FOLDER]... TEST_FILE [ARGUMENT]...: see python_test.bzl.
set -euo pipefail
cd "$TEST_SRCDIR/$TEST_WORKSPACE"

isolated=no
path=$PWD/tests/python
while [[ $1 == --* ]]; do
  case $1 in
  --isolated) isolated=yes ;;
  --import=*) path+=:$PWD/${1#--import=} ;;
  esac
  shift
done
export PYTHONPATH=$path PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

# Debian's interpreter has Debian's python3-* packages; another one that comes first in PATH may not.
command=(/usr/bin/python3 -m unittest_xml "$@")
[[ $isolated == yes ]] || exec "${command[@]}"

if [[ $(id -u) -ne 0 ]]; then
  echo "This test makes network namespaces, so it needs root." >&2
  exit 1
fi
# In memory, and gone with the namespaces whatever happens. /tmp lets other users through, which
# Bazel's own directory may not.
TEST_SCRATCH=$(mktemp --directory /tmp/mailstrom-test.XXXXXX)
export TEST_SCRATCH
trap 'rmdir "$TEST_SCRATCH"' EXIT
# The shell stays as process 1, for someone must reap the orphans that daemons leave.
# shellcheck disable=SC2016
unshare --net --mount --pid --fork --kill-child --mount-proc bash -c '
  ip link set lo up && mount -t tmpfs -o mode=755 tmpfs "$TEST_SCRATCH" && "$@"
  exit $?' isolated "${command[@]}"
