"""`fairness.local-law-144`: the rates, impact ratios and counts that New York City's Local Law 144 has published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, ClassScores, Measurement, NotApplicable, Table, Values, check, clean, planted
from auditkit.statistics import streamed_median
from auditkit.testing import every, near, toy_case
from auditkit_fairness.accepting import accept_attributes
from auditkit_fairness.cards.law import LAW_CARDS
from auditkit_fairness.law_counts import Flags, Tally, known, tally
from auditkit_fairness.law_tables import SCORING, SELECTION, Categories, Said, Version, to_publish

Assessed = ClassScores | Values
Scores = npt.NDArray[np.floating]

MOST_EXCLUDED = 0.02
"""The law lets an auditor exclude no category that is a larger part of the data."""


def _accept(*, data: Any, sex: str, race: str, exclude_below: float = MOST_EXCLUDED, **_: Any) -> None:
    """Refuse what the law does not allow when the audit is planned."""
    if not 0 <= exclude_below <= MOST_EXCLUDED:
        raise AuditError(
            f"option 'exclude_below' is '{exclude_below}', and the law lets only categories under 0.02 be excluded",
            hint="write a share from 0 (exclude none) to 0.02",
        )
    if sex == race:
        raise AuditError(f"options 'sex' and 'race' are both '{sex}'", hint="name two columns of [data] groups")
    accept_attributes(data, (sex, race))


def _applicants(_: np.random.Generator, *, women: int, men: int = 20) -> Case[ClassScores]:
    """Of each of two sexes and two races 50 people, of whom so many are selected."""
    scores = [
        np.concatenate([np.linspace(0.6, 0.9, selected), np.linspace(0.1, 0.4, 50 - selected)])
        for selected in (men, men, women, women)
    ]
    yes = np.concatenate(scores)
    groups = {"sex": ["M"] * 100 + ["F"] * 100, "race": (["X"] * 50 + ["Y"] * 50) * 2}
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), None, groups, positive="yes")


_OPTIONS: dict[str, Any] = {"sex": "sex", "race": "race", "data_kind": "test", "exclude_below": 0.02}
_WOMEN = {"sex": "F"}

CONTROLS = (
    planted(
        "women are selected half as often as men: 10 in 50 in place of 20",
        partial(_applicants, women=10),
        near("impact_ratio", 0.5, group=_WOMEN),
        version="selection",
        **_OPTIONS,
    ),
    planted(
        "nobody but men scores above the median",
        partial(_applicants, women=0, men=50),
        near("scoring_impact_ratio", 0.0, group=_WOMEN),
        version="scoring",
        **_OPTIONS,
    ),
    clean(
        "women and men with the same scores",
        partial(_applicants, women=20),
        every(near("impact_ratio", 1.0), near("scoring_impact_ratio", 1.0)),
        version="both",
        **_OPTIONS,
    ),
)


@check(
    "fairness.local-law-144",
    on=(ClassScores, Values),
    metrics=LAW_CARDS,
    controls=CONTROLS,
    streams=True,
    needs=("groups",),
    accepts=_accept,
)
def local_law_144(  # noqa: PLR0913  the law asks for this much
    case: Case[Assessed],
    *,
    sex: str,
    race: str,
    data_kind: Literal["historical", "test"],
    version: Literal["selection", "scoring", "both"] = "selection",
    exclude_below: float = MOST_EXCLUDED,
    because: str = "",
    data_source: str = "",
    audited: dt.date | None = None,
    distributed: dt.date | None = None,
) -> Iterator[Measurement | Table]:
    """Bias audit of a hiring tool, as New York City's Local Law 144 asks for it.

    Title 6 of the Rules of the City of New York, sections 5-300 to 5-303. Of a tool that selects or classifies: how
    often each category is selected. Of a tool that scores: how often each category scores above the median of everybody
    scored, those of unknown category too; a score that equals the median is not above it. Then each rate over the
    highest one: the impact ratio. By sex, by race and ethnicity, and by both at once. Categories under `exclude_below`
    of everybody have no impact ratio, and are not the highest either; their number and rate are told. Individuals of
    unknown category are in no category, and are counted. The law sets no bar, and this check holds nothing against
    one: the four-fifths rule of 29 CFR 1607.4(D) is another, and stands in `fairness.four-fifths`.
    """
    _refuse(case, sex, race)
    about = Said(data_kind, exclude_below, because, data_source, audited, distributed)
    by = ((sex,), (race,), (sex, race))
    if version != "scoring":
        for label, chosen in _selections(case):
            yield from _version(case, SELECTION, by, label, chosen, about)
    median_matters: bool | None = None
    if version != "selection":
        median_matters = False
        for label, scored in _scorings(case):
            line = _median(case, scored)
            above = partial(_above, scored=scored, line=line)
            yield from _version(case, SCORING, by, label, above, about)
            for other in _by_known_alone(case, by, label, scored, line, about):
                median_matters = True
                yield from other
    yield to_publish([tally(case, names, _everybody) for names in by], about, median_matters=median_matters)


def _refuse(case: Case[Assessed], sex: str, race: str) -> None:
    for name in (sex, race):
        if name not in case.groups:
            raise NotApplicable(
                "'{name}' is none of the attributes of the data",
                hint="name it among them: [data] groups = [...]",
                name=name,
            )
    if case.weights is not None and np.any(case.weights != case.weights[0]):
        raise NotApplicable("the rows have weights, and the law counts individuals")


def _selections(case: Case[Assessed]) -> Iterator[tuple[str | None, Callable[[Case[Any]], Flags]]]:
    """The class that is assigned, or each of several, and who is given it."""
    if not isinstance(case.predictions, ClassScores):
        raise NotApplicable("the tool gives a score and selects nobody", hint='write version = "scoring"')
    for positive in case.positives:
        yield case.label_for(positive), partial(_chosen, place=case.predictions.classes.index(positive))


def _chosen(chunk: Case[Any], *, place: int) -> Flags:
    return np.asarray(chunk.decisions == place)


def _everybody(chunk: Case[Any]) -> Flags:
    return np.ones(len(chunk), dtype=bool)


def _scorings(case: Case[Assessed]) -> Iterator[tuple[str | None, Callable[[Case[Any]], Scores]]]:
    """The score, or that of each class, and how to have it of some of the rows."""
    predictions = case.predictions
    if isinstance(predictions, Values):
        yield None, _values
        return
    if predictions.kind == "label":
        raise NotApplicable("the predictions are labels, and have no median", hint='write version = "selection"')
    for positive in case.positives:
        yield case.label_for(positive), partial(_scores_of, place=predictions.classes.index(positive))


def _values(chunk: Case[Any]) -> Scores:
    return np.asarray(chunk.predictions.values)


def _scores_of(chunk: Case[Any], *, place: int) -> Scores:
    return np.asarray(chunk.predictions.scores[:, place])


def _median(case: Case[Any], scored: Callable[[Case[Any]], Scores], names: tuple[str, ...] = ()) -> float:
    """Of all rows, or of those whose category is known."""

    def pieces() -> Iterator[Scores]:
        return (scored(chunk)[known(chunk, names)] if names else scored(chunk) for chunk in case.chunks())

    return streamed_median(pieces)


def _above(chunk: Case[Any], *, scored: Callable[[Case[Any]], Scores], line: float) -> Flags:
    return np.asarray(scored(chunk) > line)


def _version(
    case: Case[Assessed],
    way: Version,
    by: tuple[tuple[str, ...], ...],
    label: str | None,
    flags: Callable[[Case[Any]], Flags],
    about: Said,
) -> Iterator[Measurement | Table]:
    for names in by:
        yield from _categories(case, tally(case, names, flags), way, label, about).readings()


def _categories(
    case: Case[Assessed], counted: Tally, way: Version, label: str | None, about: Said, **conditions: str
) -> Categories:
    return Categories.of(counted, way, label=label, level=case.level, about=about, conditions=conditions)


def _by_known_alone(
    case: Case[Assessed],
    by: tuple[tuple[str, ...], ...],
    label: str | None,
    scored: Callable[[Case[Any]], Scores],
    median: float,
    about: Said,
) -> Iterator[Iterator[Measurement | Table]]:
    """The other reading of the law, where it gives other ratios: the median of those whose category is known."""
    for names in by:
        lines: tuple[tuple[float, dict[str, str]], ...] = (
            (median, {}),
            (_median(case, scored, names), {"median": "of known category alone"}),
        )
        first, second = (
            _categories(
                case, tally(case, names, partial(_above, scored=scored, line=line)), SCORING, label, about, **conditions
            )
            for line, conditions in lines
        )
        if not first.has_ratios_of(second):
            yield second.readings()
