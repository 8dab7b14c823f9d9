#!/bin/sh
# Signed messages of a random seed, judged by dkimpy. Usage:
#   dkim_judge_test.sh WRITE_DKIM_SAMPLES DKIM_JUDGE COUNT
# MAILSTROM_SEED repeats a run.
set -eu
seed="${MAILSTROM_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
echo "seed: $seed (MAILSTROM_SEED=$seed repeats this run, but for the keys)"
"$1" "$seed" "$3" | /usr/bin/python3 "$2" "$3"
