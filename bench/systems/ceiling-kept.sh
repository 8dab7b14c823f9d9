# shellcheck shell=bash
# Not a mail server: one kept session of Postfix' smtp-source, written in C, straight into one sink. It costs
# next to no CPU, so this is what the sinks can take on this machine.
sys_start() { :; }
sys_ready() { :; }
sys_inject() {
  smtp-source -d -s 1 -m "$1" -r "$2" -l "$BODY" -f sender@bench.test -t r@d000.test 127.0.0.2:25
}
