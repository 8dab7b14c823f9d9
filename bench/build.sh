#!/bin/bash
# Builds what is measured, as it is released, and copies it to .build/, out of the way of later builds.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages build bench
targets=(//server:mailstromd //bench/load:mailstrom-load //bench/bare:bare-service)
scripts/bazel build --config=release "${targets[@]}"
bin=$(scripts/bazel info --config=release bazel-bin)
mkdir -p bench/.build
install "$bin/server/mailstromd" "$bin/bench/load/mailstrom-load" "$bin/bench/bare/bare-service" bench/.build/
