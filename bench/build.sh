#!/bin/bash
# Builds what is measured, optimised, and copies it to .build/, out of the way of later builds.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages build bench
targets=(//server:mailstromd //bench/load:mailstrom-load //bench/bare:bare-service)
scripts/bazel build -c opt "${targets[@]}"
bin=$(scripts/bazel info -c opt bazel-bin)
mkdir -p bench/.build
install "$bin/server/mailstromd" "$bin/bench/load/mailstrom-load" "$bin/bench/bare/bare-service" bench/.build/
