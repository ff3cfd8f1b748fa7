"""Laws and standards that numbers are evidence for, and who answers for what."""

from __future__ import annotations

import re

from judgements import finding, measured

from auditkit.document import Text
from auditkit.finding import Control
from auditkit.report.context import Fact, Seal
from auditkit.report.provisions import PROVISIONS, provisions, provisions_notes
from auditkit.report.responsible import responsibilities
from auditkit.report.wording import Wording
from auditkit.testing import toy_result

UNSIGNED = Seal("unsigned", "", (Fact("Signed by", "nobody"),), "")
SIGNED = Seal("signed", "", (Fact("Signed by", "ACME"), Fact("Assurance", "third party")), "")


def of(*findings):
    return provisions(toy_result(findings=findings), Wording())


def test_only_areas_in_which_something_was_measured_have_a_row():
    number = measured(0.5)
    absent = finding(check="privacy.membership", status="not_applicable", reason=Text.of("no rows"))
    told = of(finding(number), finding(number, check="fairness.tests"), absent, finding(number, check="other.thing"))
    assert [row[:2] for row in told.rows] == [("Fairness", "2")]
    assert told.rows[0][2:5] == PROVISIONS["fairness"]
    assert "Local Law 144" in told.rows[0][5]


def test_a_check_that_failed_its_control_is_evidence_of_nothing():
    failed = Control(kind="planted", title=Text.of("t"), expected=Text.of("e"), observed=Text.of("o"), passed=False)
    broken = finding(check="privacy.membership", status="error", reason=Text.of("r"), controls=(failed,))
    assert of(broken).rows == ()


def test_no_text_of_it_claims_that_anything_is_complied_with():
    said = " ".join(provisions_notes(Wording()))
    (claim,) = re.findall(r"[^.]*compl[iy][^.]*", said)
    assert claim.endswith("and says of none that it is complied with")
    columns = [column.title for column in of(finding(measured(0.5))).columns[2:]]
    assert all(title.startswith("Supports: ") for title in columns)
    assert "Evidence, not certification" in said


def facts(seal, signoffs=(), **changes):
    return {one.term: one.value for one in responsibilities(toy_result(**changes), seal, signoffs, Wording())}


def test_an_unsigned_report_names_nobody_who_signed_and_no_independence():
    said = facts(UNSIGNED)
    assert said["Signed by"] == "nobody"
    assert said["Independence"] == "Nobody has signed, so nobody has declared how independent they are."
    assert said["Owners of waivers"] == "R. Okafor"
    assert said["Approvers of waivers"] == "M. Chen"
    assert said["Decisions on the bundle"].startswith("No countersignature is shown here")


def test_independence_is_the_signers_own_word():
    assert facts(SIGNED)["Independence"] == "third party, by the signer's own word; nobody has tested it."


def test_countersignatures_stand_in_place_of_the_sentence_that_there_are_none():
    said = facts(SIGNED, (Fact("Rejected by A. Name, board", "Too early."),))
    assert said["Rejected by A. Name, board"] == "Too early."
    assert "Decisions on the bundle" not in said
