#!/bin/sh
# Make the data and the models, audit each under a sealed policy, join by patient, sign twice, verify: a few minutes on two cores.
#
#     ./release.sh
set -eu
cd "$(dirname "$0")"
rm -rf *-audit *.seal.json *.key *.pub *.crt trust.toml .auditkit

"${PYTHON:-python}" prepare.py
"${PYTHON:-python}" train.py

# Three people's keys; each keeps its own where only its owner reads it. The trust file is the reader's.
printf '[policy]\nthreshold = 2\nrequire_seal = true\n' > trust.toml
key() {
    keyid=$(auditkit keygen "$1" --name "$2" | sed -n 's/^keyid //p')
    printf '\n[[key]]\nkeyid = "%s"\nname = "%s"\npem = "%s.pub"\nroles = ["%s"]\n' "$keyid" "$2" "$1" "$3" >> trust.toml
}
key hospital "Hospital, release of models" audit
key safety "Clinical safety officer" review
key auditor "Independent auditor" review

# An audit that fails is a result, not a mistake: 1 is FAIL, 5 is too few rows to say.
audit() {
    rm -rf .auditkit
    auditkit seal "$1"
    auditkit run "$@" || case $? in 1 | 5) ;; *) exit 1 ;; esac
}
for model in notes photos drugs; do audit "$model.toml" --no-pdf; done
"${PYTHON:-python}" joint.py
audit joint.toml

auditkit sign joint-audit --role "clinical safety officer" --key safety.key --decision mitigate \
    --reason "Doctors read women's notes themselves, and a pharmacist looks at kidneys, until both models are mended."
auditkit sign joint-audit --role "independent auditor" --key auditor.key --assurance third_party --decision mitigate \
    --reason "To be used only under the safety officer's condition."
auditkit verify joint-audit --trust trust.toml --spec joint.toml
auditkit history . --key hospital.pub --out history.html --force
