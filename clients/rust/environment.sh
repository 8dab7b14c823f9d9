# shellcheck shell=bash
# environment.sh DEPS: the Rust of the distribution, with crates and what was compiled before in DEPS. To be sourced.
export PATH=/usr/bin:$PATH
export CARGO_HOME=$1/cargo CARGO_TARGET_DIR=$1/target CARGO_TERM_COLOR=never
unset RUSTUP_TOOLCHAIN RUSTFLAGS RUSTC RUSTC_WRAPPER

# All is in the folder already.
offline() {
  export CARGO_NET_OFFLINE=true
}
