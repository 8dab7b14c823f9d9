# shellcheck shell=bash
# A small mail world on 127.0.0.1 in a temporary directory: a DNS server, a Postfix as the MX of one
# domain, and mailstromd delivering to it. To be sourced; everything it starts belongs to this lab
# and shares neither port nor file with services of the machine.

lab_domain=quickstart.test
lab_mx_host=mx1.$lab_domain
lab_directory=
lab_dns_port=
lab_smtp_port=

# lab_create BAZEL_BIN: makes the directory, with copies of the programs that were built there.
lab_create() {
  lab_directory=$(mktemp --directory /tmp/mailstrom-quickstart.XXXXXX)
  # Postfix and its mailbox have users of their own.
  chmod 755 "$lab_directory"
  mkdir "$lab_directory"/{bin,dns,postfix,queue,data,mail}
  cp "$1/server/mailstromd" "$1/clients/cli/mailstrom" "$lab_directory/bin/"
  lab_dns_port=$(lab_free_port)
  lab_smtp_port=$(lab_free_port)
}

# A port that nobody listens on, below those that the kernel gives to clients.
lab_free_port() {
  local port
  while true; do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# lab_wait SECONDS COMMAND...: until the command succeeds; fails when time runs out.
lab_wait() {
  local tries=$(($1 * 20))
  until "${@:2}"; do
    ((tries-- > 0)) || return 1
    sleep 0.05
  done
}

lab_listening() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# lab_spawn NAME COMMAND...: in the background and a session of its own, so that it outlives a
# closed terminal; output to NAME.log.
lab_spawn() {
  setsid "${@:2}" >"$lab_directory/$1.log" 2>&1 </dev/null &
  echo $! >"$lab_directory/$1.pid"
  disown
}

lab_start_dns() {
  cat >"$lab_directory/dns/unbound.conf" <<CONF
server:
  interface: 127.0.0.1@$lab_dns_port
  access-control: 127.0.0.0/8 allow
  do-daemonize: no
  use-syslog: no
  username: ""
  chroot: ""
  directory: "$lab_directory/dns"
  pidfile: ""
  module-config: "iterator"
  local-zone: "." static
  local-data: "$lab_domain. 3600 IN MX 10 $lab_mx_host."
  local-data: "$lab_mx_host. 3600 IN A 127.0.0.1"
remote-control:
  control-enable: no
CONF
  lab_spawn unbound unbound -d -c "$lab_directory/dns/unbound.conf"
  lab_wait 10 lab_listening "$lab_dns_port"
}

lab_make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 30 \
    -subj "/CN=$lab_mx_host" -addext "subjectAltName=DNS:$lab_mx_host" \
    -keyout "$lab_directory/postfix/key.pem" -out "$lab_directory/postfix/certificate.pem" \
    2>"$lab_directory/openssl.log"
}

# One address of the domain is refused, to see what that looks like.
lab_refusals() {
  echo "inline:{{refused@$lab_domain = 550 5.1.1 Nobody of this name here}}"
}

lab_write_postfix_configuration() {
  local nobody
  nobody=$(id -u nobody)
  chown postfix "$lab_directory/data"
  chown "$nobody" "$lab_directory/mail"
  cat >"$lab_directory/postfix/main.cf" <<CONF
compatibility_level = 3.6
queue_directory = $lab_directory/queue
data_directory = $lab_directory/data
maillog_file = $lab_directory/postfix.log
maillog_file_prefixes = $lab_directory
myhostname = $lab_mx_host
mydestination =
alias_maps =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks =
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access $(lab_refusals), permit
smtpd_peername_lookup = no
smtpd_tls_security_level = may
smtpd_tls_cert_file = $lab_directory/postfix/certificate.pem
smtpd_tls_key_file = $lab_directory/postfix/key.pem
smtpd_tls_received_header = yes
virtual_mailbox_domains = $lab_domain
virtual_mailbox_base = $lab_directory/mail
virtual_mailbox_maps = static:inbox/
virtual_mailbox_limit = 0
message_size_limit = 104857600
virtual_uid_maps = static:$nobody
virtual_gid_maps = static:$(id -g nobody)
CONF
  cat >"$lab_directory/postfix/master.cf" <<CONF
127.0.0.1:$lab_smtp_port inet n - n - - smtpd
cleanup    unix       n - n -     0 cleanup
qmgr       unix       n - n 300   1 qmgr
tlsmgr     unix       - - n 1000? 1 tlsmgr
rewrite    unix       - - n -     - trivial-rewrite
bounce     unix       - - n -     0 bounce
defer      unix       - - n -     0 bounce
trace      unix       - - n -     0 bounce
proxymap   unix       - - n -     - proxymap
error      unix       - - n -     - error
retry      unix       - - n -     - error
discard    unix       - - n -     - discard
virtual    unix       - n n -     - virtual
anvil      unix       - - n -     1 anvil
postlog    unix-dgram n - n -     1 postlogd
CONF
}

lab_start_postfix() {
  lab_make_certificate
  lab_write_postfix_configuration
  postfix -c "$lab_directory/postfix" start >"$lab_directory/postfix-start.log" 2>&1
  lab_wait 10 lab_listening "$lab_smtp_port"
}

lab_serving_address() {
  sed -n 's/.*"event":"serving".*"address":"\([^"]*\)".*/\1/p' "$lab_directory/mailstromd.log"
}

lab_start_mailstromd() {
  cat >"$lab_directory/mailstromd.yaml" <<CONF
listen_address: "127.0.0.1:0"
host_name: mail.sender.test
store: {rocksdb: {path: "$lab_directory/db"}}
dns: {servers: ["127.0.0.1@$lab_dns_port"], timeout: 5s}
delivery:
  destination_port: $lab_smtp_port
  allow_private_destinations: true
CONF
  lab_spawn mailstromd "$lab_directory/bin/mailstromd" --config "$lab_directory/mailstromd.yaml"
  lab_wait 20 lab_is_serving
  MAILSTROM_SERVER=$(lab_serving_address)
  export MAILSTROM_SERVER
}

lab_is_serving() {
  [[ -n $(lab_serving_address) ]]
}

# Prints a command of the lab as one could type it, and runs it.
lab_show_and_run() {
  local word line='$'
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9@./:=_-]+$ ]] || word="'${word//\'/\'\\\'\'}'"
    line+=" $word"
  done
  printf '%s\n' "$line"
  "$lab_directory/bin/$1" "${@:2}"
}

lab_has_mail() {
  compgen -G "$lab_directory/mail/inbox/new/*" >/dev/null
}

lab_print_mail() {
  lab_wait 10 lab_has_mail || {
    echo "Postfix has not put it into the mailbox" >&2
    return 1
  }
  cat "$lab_directory"/mail/inbox/new/*
}

# The ends of all logs.
lab_explain() {
  local log
  [[ -n $lab_directory ]] || return 0
  for log in "$lab_directory"/*.log; do
    [[ -s $log ]] || continue
    printf -- '--- the end of %s\n' "${log##*/}"
    tail -n 15 "$log"
  done
}

# lab_end NAME: asks what lab_spawn started to stop, and waits for it.
lab_end() {
  local pid
  [[ -e $lab_directory/$1.pid ]] || return 0
  pid=$(<"$lab_directory/$1.pid")
  kill "$pid" 2>/dev/null || return 0
  lab_wait 40 lab_gone "$pid" || kill -KILL "$pid" 2>/dev/null || true
}

# A zombie counts as gone: whoever started it may never ask for it.
lab_gone() {
  ! kill -0 "$1" 2>/dev/null || [[ $(<"/proc/$1/stat") == *") Z "* ]]
}

lab_stop() {
  [[ -n $lab_directory ]] || return 0
  lab_end mailstromd
  if [[ -s $lab_directory/queue/pid/master.pid ]]; then
    postfix -c "$lab_directory/postfix" stop >/dev/null 2>&1 || true
  fi
  lab_end unbound
  rm -rf "$lab_directory"
}

# For lab_stop by hand, after this shell has gone.
lab_write_stop_script() {
  {
    echo '#!/usr/bin/env bash'
    declare -f lab_wait lab_end lab_gone lab_stop
    printf 'lab_directory=%q\nlab_stop\n' "$lab_directory"
  } >"$lab_directory/stop"
  chmod 755 "$lab_directory/stop"
}
