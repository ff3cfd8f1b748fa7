"""What auditkit expects of every check. A law that is not obeyed is excused by name, with the reason."""

from auditkit.testing import obey_contract

from manners_refusals import refusal_rate

EXCUSED = {
    "metric cards": "this example shows the least that a check needs; docs/write-a-check.md adds a card",
    "counting weights": "every answer counts as one, whoever asked",
}


def test_refusals_obey_their_contract() -> None:
    obey_contract(refusal_rate, except_=EXCUSED)
