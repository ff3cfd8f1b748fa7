"""What few people are; no more than a report needs to say it, and nothing that works on numbers."""

from __future__ import annotations

from auditkit.document import Text
from auditkit.policy import Policy

THRESHOLD = 10
"""The smallest number of people that a number may be about: the usual threshold of statistical disclosure control."""
IN_STEPS = ", in steps of "
"""What a method ends with, before the step, where a gap is told coarsely."""


def compares_few(policy: Policy) -> Text | None:
    """What to know of a policy that has groups compared whose own numbers are withheld; None where it has none."""
    if policy.min_group_size >= THRESHOLD:
        return None
    return Text.of(
        "Groups of fewer than {threshold} people are compared and judged, since min_group_size is {least}. Their own "
        "numbers are withheld, but how wide a gap is, and whether a rule about it is met, says something of these few.",
        threshold=THRESHOLD,
        least=policy.min_group_size,
    )
