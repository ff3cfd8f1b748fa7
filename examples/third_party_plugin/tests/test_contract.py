"""What auditkit expects of every check. A law that is not obeyed is excused by name, with the reason."""

import pytest
from auditkit.plugin import Check
from auditkit.testing import obey_contract

from manners_confidence import confident_rate
from manners_refusals import refusal_rate

EXCUSED = {
    "metric cards": "this example shows the least that a check needs; docs/write-a-check.md adds a card",
    "counting weights": "every row counts as one, whomever it is about",
}


@pytest.mark.parametrize("check", [refusal_rate, confident_rate], ids=lambda check: check.id)
def test_both_checks_obey_their_contract(check: Check) -> None:
    obey_contract(check, except_=EXCUSED)
