#!/bin/sh
# Audit a model, hold it against the release before, and export the outcome: what action.yml and ci/gitlab.yml run.
#
# All that it is told stands in the environment:
#   SPEC             the spec; audit.toml unless said
#   OUT              the bundle's folder; audit-bundle unless said
#   BASELINE         the bundle of the release before; or
#   BASELINE_FROM    a folder of bundles, of which the newest of this audit is it; or
#   LEDGER           a file of accepted releases: its last is it, and one that passes is added; none: no comparison
#   FIRST            true: this audit is new in the ledger, which holds others' releases
#   PUBLIC_KEY       the .pub of whoever signed both, or TRUST_FILE; or ALLOW_DEV_KEY=true
#   POLICY           judge by this file instead of the spec's [policy]
#   EXPORTS          formats, with spaces between; written into EXPORTS_TO, which is OUT-exports unless said
#   SIGN             the private key that signs statements among them: test-result.dsse.json, svr.dsse.json
#   ON_INCONCLUSIVE  fail (unless said) or warn: whether too few rows to decide stop a release
#
# Exits as `auditkit gate` does: 0 pass, 1 fail, 2 a mistake, 3 a crash, 4 not to be trusted, 5 inconclusive.
set -euf    # f: a name among EXPORTS is no pattern

SPEC=${SPEC:-audit.toml}
OUT=${OUT:-audit-bundle}
EXPORTS_TO=${EXPORTS_TO:-$OUT-exports}

case ${ON_INCONCLUSIVE:-fail} in
fail | warn) ;;
*)
    echo "error: ON_INCONCLUSIVE is '$ON_INCONCLUSIVE'" >&2
    echo "  hint: fail or warn" >&2
    exit 2
    ;;
esac

# What an earlier run left must not be taken for what this one says.
for name in ${EXPORTS:-}; do
    rm -f -- "$EXPORTS_TO/$name"
done
mkdir -p -- "$(dirname -- "$OUT")"
code=0
auditkit run "$SPEC" --out "$OUT" --force || code=$?

# Without a bundle there is nothing to judge again, and the audit has said why.
if [ -f "$OUT/result.json" ] && { [ "$code" -le 1 ] || [ "$code" -eq 5 ]; }; then
    set -- "$OUT"
    [ -z "${BASELINE:-}" ] || set -- "$@" --baseline "$BASELINE"
    [ -z "${BASELINE_FROM:-}" ] || set -- "$@" --baseline-from "$BASELINE_FROM"
    [ -z "${LEDGER:-}" ] || set -- "$@" --ledger "$LEDGER"
    [ "${FIRST:-false}" != true ] || set -- "$@" --first
    [ -z "${PUBLIC_KEY:-}" ] || set -- "$@" --key "$PUBLIC_KEY"
    [ -z "${TRUST_FILE:-}" ] || set -- "$@" --trust "$TRUST_FILE"
    [ -z "${POLICY:-}" ] || set -- "$@" --policy "$POLICY"
    [ "${ALLOW_DEV_KEY:-false}" != true ] || set -- "$@" --allow-dev-key
    [ -z "${SIGN:-}" ] || set -- "$@" --sign "$SIGN"
    mkdir -p -- "$EXPORTS_TO"
    for name in ${EXPORTS:-}; do
        set -- "$@" --export "$name=$EXPORTS_TO/$name"
    done
    code=0
    auditkit gate "$@" || code=$?
fi

if [ -n "${GITHUB_OUTPUT:-}" ]; then
    echo "exit-code=$code" >>"$GITHUB_OUTPUT"
    echo "bundle=$OUT" >>"$GITHUB_OUTPUT"
fi
if [ "$code" -eq 5 ] && [ "${ON_INCONCLUSIVE:-fail}" = warn ]; then
    echo "inconclusive, and ON_INCONCLUSIVE is warn: not stopped" >&2
    exit 0
fi
exit "$code"
