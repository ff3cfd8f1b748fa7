"""Who answers for what: as far as the result, its attestation and countersignatures name anybody."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.report.context import Fact, Seal
from auditkit.report.wording import Wording
from auditkit.result import AuditResult


def responsibilities(result: AuditResult, seal: Seal, signoffs: tuple[Fact, ...], wording: Wording) -> tuple[Fact, ...]:
    """Who signed and how independent they say they are, who answers for waivers, and who has decided of the bundle."""
    return tuple(_facts(result, seal, signoffs, wording))


def _facts(result: AuditResult, seal: Seal, signoffs: tuple[Fact, ...], wording: Wording) -> Iterator[Fact]:
    yield Fact(wording.say("Signed by"), next((fact.value for fact in seal.facts[:1]), wording.say("nobody")))
    yield Fact(wording.say("Independence"), _independence(seal, wording))
    if result.seal is not None:
        yield Fact(wording.say("Criteria sealed by"), wording.label(result.seal.signer))
    answer = dict.fromkeys(wording.label(one.owner) for one in result.policy.policy.rules if one.owner)
    yield Fact(wording.say("Owners of rules"), wording.clauses(answer) or wording.say("the policy names nobody"))
    waivers = result.policy.policy.waivers
    owners = dict.fromkeys(wording.label(one.owner) for one in waivers)
    approvers = dict.fromkeys(wording.label(one.approved_by) for one in waivers if one.approved_by)
    yield Fact(wording.say("Owners of waivers"), wording.clauses(owners) or wording.say("nobody"))
    yield Fact(wording.say("Approvers of waivers"), wording.clauses(approvers) or wording.say("nobody"))
    if signoffs:
        yield from signoffs
    else:
        yield Fact(
            wording.say("Decisions on the bundle"),
            wording.say(
                "No countersignature is shown here: a bundle keeps them in its folder signatures, and verify checks "
                "them. Who accepts or rejects this audit signs with the command auditkit sign."
            ),
        )


def _independence(seal: Seal, wording: Wording) -> str:
    stated = [fact.value for fact in seal.facts if fact.term == wording.say("Assurance")]
    if not stated:
        return wording.say("Nobody has signed, so nobody has declared how independent they are.")
    return wording.say("{assurance}, by the signer's own word; nobody has tested it.", assurance=stated[0])
