#!/bin/sh
# Play four releases through the gate: the first, a better one, a worse one, and one that differs by chance alone.
set -u
cd "$(dirname "$0")"
rm -rf accepted.jsonl releases

for release in first good worse noise; do
    printf '\n== %s\n' "$release"
    ./release.sh "$release"
    codes="${codes:-}$release $?
"
done
printf '\nrelease and exit code (0 accepted, 1 worse, 5 too few rows to say)\n%s' "$codes"
