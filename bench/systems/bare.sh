# shellcheck shell=bash
# The least durable service behind gRPC (bench/bare): what accepting costs if nothing is done but to store.
sys_start() {
  "$BENCH/.build/bare-service" "127.0.0.1:$PORT" "$WORK/db" > "$WORK/log" 2>&1 &
  echo $! > "$WORK/pid"
}
sys_stop() { kill "$(cat "$WORK/pid")"; }
sys_load() { exec "$BENCH/.build/mailstrom-load" --target="127.0.0.1:$PORT" --json "$@"; }
