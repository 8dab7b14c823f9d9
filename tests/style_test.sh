#!/usr/bin/env bash
# Fails on what the house rules forbid and a compiler does not see.
set -uo pipefail
# The source tree itself, not the copy that the test runs in: every file counts, listed or not.
cd "$(dirname "$(readlink -f "$1")")" || exit 1
failures=0

sources() { find base message storage delivery server clients tests -name '*.cc' -o -name '*.h' | grep -v '\.pb\.'; }

forbid() { # PATTERN REASON [EXEMPT]
  local hits
  hits=$(sources | { if [[ -n ${3:-} ]]; then grep -vE "$3"; else cat; fi } | xargs grep -nE "$1" | grep -vE 'NOLINT')
  if [[ -n $hits ]]; then
    printf '%s:\n%s\n\n' "$2" "$hits"
    failures=$((failures + 1))
  fi
}

forbid 'absl::Now\(|system_clock::now|gettimeofday|time\(nullptr\)' \
  'reads the clock in place; take a Clock' '^base/(clock|log)\.cc|_test\.cc|_benchmark\.cc|^server/(mailstromd|watch_stream)\.cc|^clients/|^tests/'
forbid '[^a-z_]s?rand\(|std::random_device|std::mt19937' 'draws in place; take a RandomSource' '_test\.cc|_fuzz\.cc|_benchmark\.cc|^tests/'
forbid 'sleep_for|absl::SleepFor|usleep\(' 'sleeps' '^clients/|^tests/(end_to_end|crash)/|_benchmark\.cc'
forbid 'asio::detached' 'starts a coroutine whose end nobody sees'
forbid 'google/(api|rpc)/' 'uses protos that Debian does not package'
forbid '\b(TODO|FIXME|XXX)\b' 'is unfinished'

long=$(sources | xargs wc -l | awk '$2 != "total" && $1 > 800 {print "  " $2 ": " $1 " lines"}')
if [[ -n $long ]]; then
  printf 'files over 800 lines:\n%s\n\n' "$long"
  failures=$((failures + 1))
fi

unformatted=$(sources | xargs clang-format-19 --dry-run 2>&1 | grep -E 'code should be clang-formatted' | cut -d: -f1 | sort -u)
if [[ -n $unformatted ]]; then
  printf 'not formatted (clang-format-19 -i):\n%s\n\n' "$unformatted"
  failures=$((failures + 1))
fi

exit $((failures > 0))
