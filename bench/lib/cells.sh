# shellcheck shell=bash
# Sourced by what measures in cells. Before: MESSAGES, TIMEOUT and OUT (which may be empty) are set and exported.
bench=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export BODY=${BODY:-4096} DOMAINS=100 SINKS=10 INJECTORS=20 PORT=2525 KEEP=${KEEP:-} OUT

# Builds and fetches what is missing, and makes OUT, with a note on the machine, and the cgroups.
begin_cells() {
  [ "$(id -u)" = 0 ] || { echo "bench: must be root" >&2; exit 1; }
  [ -e "$bench/.peers/versions.txt" ] || "$bench/install-peers.sh" >&2
  "$bench/build.sh" >&2
  [ -n "$OUT" ] || OUT=$(mktemp -d -t bench-out.XXXXXX)
  mkdir -p "$OUT"; OUT=$(cd "$OUT" && pwd)
  cells_tmp=$(mktemp -d -t bench-run.XXXXXX)
  CGROUP=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)/mailbench.$$
  mkdir -p "$CGROUP/sys" "$CGROUP/load"
  export CGROUP
  trap end_cells EXIT
  trap 'exit 130' INT TERM
  python3 "$bench/lib/report.py" machine "$OUT" "$cells_tmp" "$bench/.peers/versions.txt"
}

end_cells() {
  # Everything was started inside a cell's pid namespace and died with it; this is the safety net.
  for g in sys load; do [ ! -e "$CGROUP/$g/cgroup.kill" ] || echo 1 > "$CGROUP/$g/cgroup.kill" || true; done
  for _ in 1 2 3 4 5; do rmdir "$CGROUP"/sys "$CGROUP"/load "$CGROUP" 2>/dev/null && break; sleep 0.2; done
  rm -rf "$cells_tmp"
}

# run_cell SYSTEM WORKLOAD ROUND [NAME]: measures one cell, and puts down the result as OUT/NAME.json.
run_cell() {
  export RUN="$cells_tmp/run"
  rm -rf "$RUN"; mkdir -p "$RUN"; chmod 755 "$cells_tmp" "$RUN"
  sync; sleep 1
  CELL=${4:-$2-$1-$3} timeout --kill-after=10 $((TIMEOUT + 300)) \
    unshare --mount --net --uts --pid --fork --kill-child --mount-proc \
    "$bench/lib/ns.sh" "$1" "$2" "$3" >&2 \
    || echo "bench: $1 $2 round $3 failed ($?)" >&2
}
