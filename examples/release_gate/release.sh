#!/bin/sh
# Train one release, audit it, and hold it against the last that was accepted; one that passes is added to the ledger.
#
#     ./release.sh first|good|worse|noise
#
# The same steps as .github/workflows/release.yml and .gitlab-ci.yml, on one machine. Exits as `auditkit gate` does.
set -eu
cd "$(dirname "$0")"
release=$1

# Once: the key that signs the audits. A team keeps it where only its release job can read it.
[ -f release.key ] || auditkit keygen release --name "Ward models, release job"

"${PYTHON:-python}" train.py "$release"

# The ledger says which releases were accepted; the first has nothing to be held against.
[ -f accepted.jsonl ] || touch accepted.jsonl
OUT="releases/$release" LEDGER=accepted.jsonl PUBLIC_KEY=release.pub EXPORTS="junit.xml summary.md" \
    sh ../../ci/audit_and_gate.sh
