"""`conversation.judge`: a judge's verdicts on the answers, counted only where it is shown to agree with people."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Interval, Measurement, Text, Texts, check
from auditkit.statistics import cohen_kappa, family_level, gwet_ac1
from auditkit_conversation.cards_judge import JUDGE
from auditkit_conversation.measured import Found, Rows
from auditkit_conversation.planted_judge import JUDGE_CONTROLS
from auditkit_conversation.reading import need_role, prompts, said_yes

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

FEWEST_LABELS = 100
LEAST_AGREEMENT = 0.6
_PARTS = 3
"""The verdicts, the sensitivity and the specificity: three intervals hold at once."""


def _accepts(*, fewest_labels: int = FEWEST_LABELS, least_agreement: float = LEAST_AGREEMENT, **_: Any) -> None:
    if fewest_labels < 1:
        raise AuditError(f"option 'fewest_labels' is '{fewest_labels}'", hint=f"fewest_labels = {FEWEST_LABELS}")
    if not 0 <= least_agreement < 1:
        raise AuditError(f"option 'least_agreement' is '{least_agreement:g}'", hint="from 0 to below 1, e.g. 0.6")


@dataclass(frozen=True)
class Labels:
    """What the judge and people say of each answer: 1 good, 0 bad, -1 nothing."""

    verdicts: Integers
    people: Integers


@check(
    "conversation.judge", on=Texts, needs=("expected",), metrics=JUDGE, accepts=_accepts, controls=JUDGE_CONTROLS
)  # fmt: skip
def judge(
    case: Case[Texts],
    *,
    least_agreement: float = LEAST_AGREEMENT,
    agreement: Literal["kappa", "ac1"] = "kappa",
    fewest_labels: int = FEWEST_LABELS,
) -> Iterator[Measurement]:
    """What a judge says of the answers, corrected by how it compares with people.

    The column `judge` of `[data.expected]` says yes where a judge, such as another model, finds a recorded answer good,
    and `judged_by_people` what people say of a sample of the same answers. The judge's verdicts count only where people
    labelled at least `fewest_labels` answers, and the lower end of the interval of the agreement, Cohen's kappa or
    Gwet's AC1, is at least `least_agreement`; else the rate is undefined, and a rule about it inconclusive. The rate
    is then corrected by the judge's sensitivity and specificity, as people measure them, in each group by the group's
    own labels. People's labels are to be of answers drawn at random, of each kind and group.
    """
    need_role(case, "judge")
    need_role(case, "judged_by_people")
    rows = Rows.of(case, case.compute(prompts))
    verdicts, people = case.compute(said_yes, role="judge"), case.compute(said_yes, role="judged_by_people")
    found = Labels(verdicts, people)
    both = (verdicts >= 0) & (people >= 0)
    if case.weights is not None:
        both &= case.weights > 0
    shown = yield from _agreements(rows, np.where(both, verdicts, -1), np.where(both, people, -1))
    labels, chosen = int(np.count_nonzero(both)), shown[agreement]
    why: Text | None = None
    if labels < fewest_labels:
        why = Text.of("people labelled {labels} answers, fewer than {least}", labels=labels, least=fewest_labels)
    elif chosen is None or chosen < least_agreement:
        why = Text.of("the judge is not shown to agree with people: at least {least}", least=least_agreement)
    everyone = np.ones(len(case), dtype=bool)
    yield from _rates(rows, found, everyone, why, level=case.level)
    for attribute, codes in case.groups.items() if case.has_groups else ():
        count = len(codes.vocabulary)
        for place, label in enumerate(codes.vocabulary):
            inside = codes.codes == place
            about: dict[str, Any] = {"group": {attribute: label}, "level": family_level(case.level, count)}
            yield from _rates(rows, found, inside, why, is_alone=count == 1, **about)


def _agreements(
    rows: Rows, verdicts: Integers, people: Integers
) -> Generator[Measurement, None, dict[str, float | None]]:
    """How far the judge and people agree; returns the lower ends."""
    about: dict[str, Any] = {"level": rows.case.level, "units": rows.clusters}
    found = {
        "kappa": cohen_kappa(people, verdicts, 2, **about),
        "ac1": gwet_ac1(np.stack([people, verdicts], axis=1), 2, **about),
    }
    n = int(np.count_nonzero(people >= 0))
    for name, one in found.items():
        said: dict[str, Any] = {"metric": f"judge_{name}", "better": "higher", "n": n}
        if one is None:
            yield Measurement(value=None, undefined=Text.of(_ALIKE), **said)
            continue
        interval = Interval(low=one.low, high=one.high, level=rows.case.level, method=one.method)
        yield Measurement(value=one.value, interval=interval, **said)
    return {name: None if one is None else one.low for name, one in found.items()}


_ALIKE = "no answer was labelled by both, or both always say the same"


def _rates(
    rows: Rows,
    labels: Labels,
    inside: Flags,
    why: Text | None,
    *,
    level: float,
    group: dict[str, str] | None = None,
    is_alone: bool = True,
) -> Iterator[Measurement]:
    """Sensitivity, specificity and the corrected rate, of some rows; `why`: of the rate that it does not count."""
    verdicts, people = labels.verdicts, labels.people
    judged, labelled = inside & (verdicts >= 0), inside & (verdicts >= 0) & (people >= 0)
    parts = {
        "judge_sensitivity": _share(verdicts == 1, labelled & (people == 1)),
        "judge_specificity": _share(verdicts == 0, labelled & (people == 0)),
        "judged_good_rate": _share(verdicts == 1, judged),
    }
    found = {name: rows.found(numbers, level=level) for name, numbers in parts.items()}
    wide = {name: rows.found(numbers, level=family_level(level, _PARTS)) for name, numbers in parts.items()}
    how: dict[str, Any] = {"group": group or {}, "better": "higher"}
    for name in ("judge_sensitivity", "judge_specificity"):
        yield _said(rows, name, found[name], simultaneous=not is_alone, **how)
    one = found["judged_good_rate"]
    said: dict[str, Any] = {"metric": "judged_good_rate", "n": one.n, **how}
    if rows.case.has_units:
        said["people"] = one.people
    value, ends = corrected(*wide.values())
    if why is not None or value is None:
        silent = Text.of("the judge is not shown to tell good answers from bad, here")
        yield Measurement(value=None, undefined=why or silent, **said)
        return
    words = "rogan-gladen, three clopper-pearson intervals at once" + ("" if is_alone else ", all groups")
    low, high = ends
    interval = Interval(low=low, high=high, level=rows.case.level, method=words, simultaneous=not is_alone)
    yield Measurement(value=value, interval=interval, **said)


def corrected(sensitivity: Found, specificity: Found, approved: Found) -> tuple[float | None, tuple[float, float]]:
    """The share of good answers that would show so many verdicts of a judge of this sensitivity and specificity.

    (p + specificity - 1) / (sensitivity + specificity - 1), within 0 and 1. It rises with p and the specificity, and
    falls with the sensitivity, so that its ends lie at those of their intervals: where the three hold at once, it
    holds, whatever ties them. None where the judge may be no better than a coin: sensitivity + specificity may be 1.
    Source: Rogan and Gladen (1978), Am. J. Epidemiol. 107, 71-76.
    """
    parts = (sensitivity, specificity, approved)
    if any(one.value is None or one.limits is None for one in parts):
        return None, (0.0, 1.0)
    (se, sp, p), limits = [float(one.value or 0.0) for one in parts], [one.limits for one in parts]
    (se_low, sp_low, p_low), (se_high, sp_high, p_high) = (
        [float(getattr(one, end)) for one in limits] for end in ("low", "high")
    )
    if se_low + sp_low <= 1:
        return None, (0.0, 1.0)
    value = _clipped((p + sp - 1) / (se + sp - 1))
    low = _clipped((p_low + sp_low - 1) / (se_high + sp_low - 1))
    high = _clipped((p_high + sp_high - 1) / (se_low + sp_high - 1))
    return value, (min(low, value), max(high, value))


def _clipped(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _share(flags: Flags, among: Flags) -> npt.NDArray[np.float64]:
    return np.where(among, flags.astype(float), np.nan)


def _said(rows: Rows, metric: str, found: Found, *, simultaneous: bool, **about: Any) -> Measurement:
    said: dict[str, Any] = {"metric": metric, "n": found.n, **about}
    if rows.case.has_units:
        said["people"] = found.people
    if found.value is None or found.limits is None:
        return Measurement(value=None, undefined=Text.of("people labelled no such answer"), **said)
    low, high = (float(end) for end in found.limits)
    method = f"{found.method}, all groups" if simultaneous else found.method
    interval = Interval(low=low, high=high, level=rows.case.level, method=method, simultaneous=simultaneous)
    return Measurement(value=found.value, interval=interval, **said)
