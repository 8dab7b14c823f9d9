# shellcheck shell=bash
# Mailstrom, as built by `bench/run`. All defaults but what the benchmark's network needs: destinations on
# loopback, no TLS on either side (unless TLS is set), and a log of warnings only, because deliveries are in the store.
METRICS_PORT=9090
sys_start() {
  local tls=NONE listen_tls=''
  if [ -n "${TLS:-}" ]; then
    tls=REQUIRE
    listen_tls="tls: {certificate_file: $RUN/certificate.pem, private_key_file: $RUN/key.pem}"
  fi
  cat > "$WORK/mailstromd.yaml" <<C
listen_address: 127.0.0.1:$PORT
host_name: bench.test
store: {rocksdb: {path: $WORK/queue}}
dns: {servers: [127.0.0.1]}
delivery:
  tls: TLS_MODE_$tls
  allowed_destinations: [127.0.0.0/8]
  retry: {initial_delay: 5m}
log: {level: warning}
metrics: {listen_address: '127.0.0.1:$METRICS_PORT'}
$listen_tls
C
  "$BENCH/.build/mailstromd" --config="$WORK/mailstromd.yaml" > "$WORK/log" 2>&1 &
  echo $! > "$WORK/pid"
}
sys_stop() { kill "$(cat "$WORK/pid")"; }
# Not by listing them: that reads each email, and would count as the server's work on it.
sys_queue_len() {
  python3 - "http://127.0.0.1:$METRICS_PORT/metrics" <<'P'
import re, sys, urllib.request
page = urllib.request.urlopen(sys.argv[1], timeout=5).read().decode()
print(re.search(r"^mailstrom_queue_emails (\S+)", page, re.M).group(1))
P
}
sys_inject() {
  load --messages="$1" --rcpts="$2" --concurrency="$INJECTORS" --body="$BODY" --domains="$DOMAINS" \
    --groups="${EMAIL_GROUPS:-0}"
}
sys_load() { load --json "$@"; }
sys_watch() { load --watch="$1" --connections=4 --groups="${EMAIL_GROUPS:-0}"; }
sys_inject_one() { load --one_by_one --body="$BODY"; }

load() { exec "$BENCH/.build/mailstrom-load" --target="127.0.0.1:$PORT" --ca="${TLS:+$RUN/certificate.pem}" "$@"; }
