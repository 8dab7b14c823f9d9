#!/bin/sh
# Composed messages of a random seed, judged by Python's email package. Usage:
#   python_judge_test.sh COMPOSE_SAMPLES PYTHON_JUDGE COUNT
# MAILSTROM_SEED repeats a run.
set -eu
seed="${MAILSTROM_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
echo "seed: $seed (MAILSTROM_SEED=$seed repeats this run)"
"$1" "$seed" "$3" | /usr/bin/python3 "$2" "$3"
