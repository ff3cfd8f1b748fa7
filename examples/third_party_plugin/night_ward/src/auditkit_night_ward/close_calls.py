"""How often the model all but tosses a coin between its two most likely classes."""

import numpy as np
from auditkit import AuditError, Case, ClassScores, MetricCard, check, clean, planted
from auditkit.perturbation import Rows
from auditkit.testing import above, not_above, toy_case

CLOSE_CALL_RATE = MetricCard(
    name="close_call_rate",
    title="Close call rate",
    asks="How often are the two most likely classes nearly as likely?",
    formula="rows whose two largest scores differ by less than `margin`, by all rows",
    source="Scheffer, Decomain and Wrobel (2001), Active hidden Markov models, on the margin of a decision",
    better="lower",
    undefined="there are no rows",
    misleads="a model that is sure and wrong has no close calls: read it beside the accuracy",
)


def rows_of_which(share):
    """A case of 200 rows, of which each is a close call with this chance."""

    def make(rng):
        yes = np.where(rng.random(200) < share, 0.52, 0.9)
        return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])))

    return make


# What the check must find, and what it must pass: auditkit runs both with every audit, and prints what came of them.
MANY = planted("two rows in five are close", rows_of_which(0.4), above("close_call_rate", 0.2), margin=0.1)
FEW = clean("one row in twenty is close", rows_of_which(0.05), not_above("close_call_rate", 0.2), margin=0.1)


def margin_is_a_share(*, margin: float = 0.1) -> None:
    if not 0 < margin <= 1:
        raise AuditError(f"option 'margin' is '{margin}'", hint="write a number above 0 and up to 1, e.g. margin = 0.1")


@check(
    "night-ward.close-calls",
    on=ClassScores,
    metrics=[CLOSE_CALL_RATE],
    accepts=margin_is_a_share,
    controls=[MANY, FEW],
)
def close_calls(case: Case[ClassScores], *, margin: float = 0.1):
    """How often the two most likely classes are close.

    Where they are, a rounding error or another comma in a note may turn the decision.
    """
    two = np.sort(case.predictions.scores, axis=1)[:, -2:]
    is_close = (two[:, 1] - two[:, 0] < margin).astype(float)
    # Rows.share counts with the weights and the people of the case, and makes the interval.
    yield Rows.of(case).share(is_close).measurement("close_call_rate", case.level, group={}, better="lower")
