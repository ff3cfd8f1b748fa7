"""Who vouches for two bundles, fact by fact: keys, time stamps, evidence taken out, and what people decided of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from auditkit.bundle import verification as lines
from auditkit.bundle.countersigned import Told
from auditkit.bundle.verification import Verification
from auditkit.differing.told import Area, Changed

_NO_STAMP = "no trusted time stamp"


def changed_signatures(old: Verification, new: Verification) -> Iterator[Changed]:
    """Whatever differs of the signatures around two results, also where the results are the same.

    A bundle's own times are left out, which differ always: the stamp of an authority is not its signer's word.
    """
    yield from _between("signatures", _signatures(old), _signatures(new))
    yield from _between("people", _decided(old), _decided(new))


def rejections(found: Verification) -> tuple[str, ...]:
    """Those whom the reader knows and who reject the bundle, as their name and role."""
    return tuple(sorted(f"{one.name} ({one.role})" for one in found.countersignatures if one.rejects))


def _between(area: Area, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Changed]:
    for what in dict.fromkeys((*old, *new)):
        if old.get(what) != new.get(what):
            yield Changed(area=area, what=what, old=old.get(what), new=new.get(what))


def _signatures(found: Verification) -> dict[str, str]:
    stamp = found[lines.TIME].text.partition(" (claimed")[0]
    said = {
        "signed by": found[lines.SIGNED_BY].text,
        "trusted": "yes" if found.trusted else "no",
        "independence": found[lines.ASSURANCE].text.partition(",")[0],
        "time stamp": "" if stamp == _NO_STAMP else stamp,
        "seal": _seal(found),
        "evidence": found[lines.EVIDENCE].text,
    }
    return {what: one for what, one in said.items() if one}


def _seal(found: Verification) -> str:
    """What the reader's keys say of it; when it was sealed and what moved stands in the spec's facts."""
    line = found[lines.SEALED]
    return f"{line.state}: {line.text}" if line.state == "FAIL" else line.text


def _decided(found: Verification) -> dict[str, str]:
    """The last decision of each key in each role."""
    return {
        f"{one.role}: {one.name}, key {one.keyid[:16]}": _decision(one)
        for one in found.countersignatures
        if one.standing != "replaced"
    }


def _decision(one: Told) -> str:
    until = f", until {one.expires_on}" if one.expires_on else ""
    return f"{one.decision}{until}: {one.reason} [{one.standing}]" if one.reason else f"{one.decision} [{one.standing}]"
