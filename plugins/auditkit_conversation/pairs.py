"""`conversation.pairs`: the same prompt about one person and about another, and how far the answers lie apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Measurement, NotApplicable, Table, Texts, check
from auditkit_conversation.agreement import samples_of
from auditkit_conversation.cards_pairs import PAIRS
from auditkit_conversation.pairing import contrasts_of
from auditkit_conversation.pairs_told import Gaps, flips_table, pairs_table
from auditkit_conversation.planted_pairs import PAIR_CONTROLS
from auditkit_conversation.reading import need_role
from auditkit_conversation.readings import READINGS, Reading, read_of, wordings_of

Floats = npt.NDArray[np.float64]


def _accepts(*, readings: tuple[str, ...] = (), **_: Any) -> None:
    known = [one.name for one in READINGS]
    for name in readings:
        if name not in known:
            raise AuditError(f"option 'readings' has '{name}', which is none", hint=f"of: {', '.join(known)}")


@check(
    "conversation.pairs", on=Texts, needs=("expected", "groups"), metrics=PAIRS, accepts=_accepts,
    controls=PAIR_CONTROLS,
)  # fmt: skip
def pairs(
    case: Case[Texts], *, readings: tuple[str, ...] = (), attributes: tuple[str, ...] = ()
) -> Iterator[Measurement | Table]:
    """Whether the same prompt about another person gets another answer.

    Rows with one label in the column `pair` of `[data.expected]` are alike but for whom they are about, which the
    groups say; the loader `paired-prompts` makes such rows of templates. All answers of a row count, so that
    `[model] samples` may draw several. By rules that can be read each answer is looked at for refusing, for how
    urgently it sends to care, hedges, doses, words that are warm or cold, its length and how hard it is to read;
    nothing is understood. Groups are compared within pairs; pairs of one template, `same_question`, are not
    independent. Rows with a cell in `neutral` differ in a word that says nothing of who somebody is: what such words
    do is taken off a gap in its excess. Where answers ought to differ, with age for example, a gap is no harm yet.
    """
    need_role(case, "pair")
    _refuse_unknown(case, attributes)
    found, neutral = contrasts_of(case, attributes=attributes)
    if not found:
        raise NotApplicable(
            "no two rows of a pair differ in a group",
            hint='[data.expected] pair = "..." names a column; rows with one label in it are about different people',
        )
    samples = np.asarray(case.compute(samples_of))
    chosen = [one for one in READINGS if not readings or one.name in readings]
    answers = {one.name: _answers(case, one, int(samples.max(initial=0))) for one in chosen}
    yield pairs_table(found, neutral, samples, np.asarray(case.compute(wordings_of)))
    gaps = Gaps(case, neutral)
    for reading in chosen:
        for contrast in found:
            yield from gaps.measure(reading, contrast, answers[reading.name])
        yield from gaps.of_neutral(reading, answers[reading.name])
    yield from flips_table(case, chosen, [*found, *([neutral] if neutral else [])], answers)


def _refuse_unknown(case: Case[Any], attributes: Sequence[str]) -> None:
    for name in attributes:
        if name not in case.groups:
            known = ", ".join(case.groups)
            raise AuditError(f"option 'attributes' has '{name}', which is no group", hint=f"of: {known}")


def _answers(case: Case[Texts], reading: Reading, samples: int) -> Floats:
    """[n, samples]: the reading of each answer; kept one sample at a time, as a replay has them."""
    columns = [case.compute(read_of, name=reading.name, sample=sample) for sample in range(samples)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(case), 0))
