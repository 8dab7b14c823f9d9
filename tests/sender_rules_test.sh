#!/usr/bin/env bash
# Every rule of docs/sender-rules.md has a test, and every test that it names exists.
set -uo pipefail
cd "$(dirname "$(readlink -f "$1")")" || exit 1
page=docs/sender-rules.md
rules=28
failures=0

fail() {
  echo "$page: $1"
  failures=$((failures + 1))
}

for ((rule = 1; rule <= rules; rule++)); do
  grep -qE "^$rule\. " "$page" || fail "has no rule $rule"
done

# Each rule is followed by a line with a test.
awk -v page="$page" '/^[0-9]+\. / { if (rule && !tests) { print page ": rule " rule " has no test"; bad = 1 } rule = $1 + 0; tests = 0 }
  /`[a-z_\/0-9]+_test\.cc`:/ { tests++ } END { if (!tests) bad = 1; exit bad }' "$page" || failures=$((failures + 1))

named=0
while IFS= read -r line; do
  file=$(sed -E 's/.*`([^`]+_test\.cc)`:.*/\1/' <<<"$line")
  tests=$(sed -E 's/.*_test\.cc`: ([A-Za-z0-9, ]+).*/\1/' <<<"$line")
  [[ -f $file ]] || { fail "names $file, which does not exist"; continue; }
  for name in ${tests//,/ }; do
    named=$((named + 1))
    grep -qE "^(TEST|TEST_F|TEST_P)\([A-Za-z0-9_]+, $name\)" "$file" || fail "$file has no test $name"
  done
done < <(grep -E '`[a-z_/0-9]+_test\.cc`:' "$page")
((named > rules)) || fail "names only $named tests"

exit $((failures > 0))
