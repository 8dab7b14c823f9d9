#!/bin/sh
# Messages of a random seed converted to 7-bit, judged by Python. Usage:
#   conversion_judge_test.sh CONVERSION_SAMPLES CONVERSION_JUDGE COUNT
# MAILSTROM_SEED repeats a run.
set -eu
seed="${MAILSTROM_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
echo "seed: $seed (MAILSTROM_SEED=$seed repeats this run)"
"$1" "$seed" "$3" | /usr/bin/python3 "$2" "$3"
