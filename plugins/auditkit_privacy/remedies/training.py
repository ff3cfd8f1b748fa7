"""Training anew: by the recipe as it is, and with differential privacy; what such models say of the same rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Table, Text
from auditkit_privacy.people.members import Members
from auditkit_privacy.remedies.alternative import NUMBERS, Alternative, numbers_of
from auditkit_privacy.remedies.series import in_order_of

Floats = npt.NDArray[np.floating]

ANEW = "trained anew"
_LARGEST_SEED = 2**31 - 1


def trained_anew(sides: Members, epsilons: Sequence[float]) -> Iterator[Alternative]:
    """One model by the recipe alone, to compare with, and one for each budget; none where no budget is asked for."""
    for epsilon in (None, *epsilons) if epsilons else ():
        both = [
            {number: side.compute(number_trained, epsilon=epsilon, number=number) for number in NUMBERS}
            for side in (sides.members, sides.others)
        ]
        words = Text.of("trained anew, by the recipe")
        if epsilon is not None:
            words = Text.of("trained anew with an epsilon of {epsilon}", epsilon=f"{epsilon:g}")
        yield Alternative.of(remedy_of(epsilon), words, both[0], both[1])


def remedy_of(epsilon: float | None) -> str:
    """As a measurement's `conditions = {"remedy": ...}` name it."""
    return ANEW if epsilon is None else f"epsilon {epsilon:g}"


def delta_of(members: int) -> float:
    """The largest power of ten below one in the number of members: a chance that concerns less than one of them."""
    return float(10.0 ** -(math.floor(math.log10(max(members, 1))) + 1))


def number_trained(case: Case[Any], *, epsilon: float | None, number: str) -> Floats:
    """[n]: one of `NUMBERS` of the case's rows, for the evidence: a replay trains nothing."""
    kept = case.audit.compute(numbers_trained, epsilon=epsilon)[case.split][number]
    found: Floats = kept if case.rows is None else kept[case.rows]
    return found


def numbers_trained(case: Case[Any], *, epsilon: float | None) -> dict[str, dict[str, Floats]]:
    """Split -> number -> all rows of the split. The model is trained once."""
    training, seed = case.training, int(case.rng(f"training {remedy_of(epsilon)}").integers(_LARGEST_SEED))
    if epsilon is None:
        taught = np.arange(len(training) + len(case)) < len(training)
        (said,) = case.retrained(taught[np.newaxis], [seed])
    else:
        said = case.trained_privately(epsilon=epsilon, delta=delta_of(len(training)), seed=seed)
    return {
        "training": numbers_of(training, in_order_of(case, said.training)),
        "audit": numbers_of(case, in_order_of(case, said.audit)),
    }


def refuse_budgets(epsilons: Sequence[float]) -> None:
    """Refuse what is no budget.

    Raises:
        AuditError: one is not above 0, not finite, or there twice.
    """
    for epsilon in epsilons:
        if not 0 < epsilon < math.inf or epsilons.count(epsilon) > 1:
            raise AuditError(
                f"option 'epsilon' holds '{epsilon:g}'", hint="write numbers above 0, each once: epsilon = [8, 1]"
            )


def budgets_shown(case: Case[Any], epsilons: Sequence[float]) -> Iterator[Table]:
    """What each budget promises, and of what."""
    if not epsilons:
        return
    members = len(case.training)
    yield Table(
        title=Text.of("What was trained with differential privacy, on {rows} training rows", rows=members),
        columns=(Text.of("epsilon"), Text.of("delta"), Text.of("of whom"), Text.of("how")),
        rows=tuple(
            (
                float(epsilon),
                f"{delta_of(members):g}",
                Text.of("one row, added or left out"),
                Text.of("DP-SGD by opacus, Renyi accounting, gradients clipped at 1; random numbers of a simulation"),
            )
            for epsilon in epsilons
        ),
    )
