"""Who is exposed most: classes, groups, and single records, these under their salted digests alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Quote, Table, Text
from auditkit.statistics import delong, family_level
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import FEWEST
from auditkit_privacy.reach.trying import Attempts

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

AUC = "membership_auc"
MOST_RECORDS = 20
DIGITS = 16
"""Characters of a digest: enough to find the record by, for who holds the salt."""

_WITHHELD = Text.of("withheld: it would tell about fewer than {least} members or others", least=FEWEST)


def of_classes(case: Case[Any], attempts: Attempts, attack: str) -> Iterator[Measurement]:
    """The area for the rows of each class; the intervals hold together, and few rows are withheld as those of groups.

    Under the attack's name: a rule without a label is about every class, and the one without conditions is about all
    rows.
    """
    predictions = case.predictions
    if not hasattr(predictions, "classes"):
        return
    codes = attempts.target.classes
    names = predictions.classes
    parts = {name: codes.joined == place for place, name in enumerate(names)}
    for name, measured in _told(_of_parts(case, attempts, attack, parts)).items():
        yield measured.model_copy(update={"label": name, "conditions": {"attack": attack}})


def of_groups(case: Case[Any], attempts: Attempts, attack: str) -> Iterator[Measurement]:
    """The area for the members and the others of each group; the intervals of one attribute hold together.

    What would tell about few people is withheld, and where that is one group of an attribute, the smallest other one
    with it.
    """
    inside, outside = attempts.target.members, attempts.target.others
    if not (inside.has_groups and outside.has_groups):
        return
    for attribute, codes in outside.groups.items():
        if attribute not in inside.groups:
            continue
        theirs = inside.groups[attribute]
        names = [name for name in codes.vocabulary if name in theirs.vocabulary]
        parts = {
            name: np.concatenate(
                [theirs.codes == theirs.vocabulary.index(name), codes.codes == codes.vocabulary.index(name)]
            )
            for name in names
        }
        for name, measured in _told(_of_parts(case, attempts, attack, parts)).items():
            yield measured.model_copy(update={"group": {attribute: name}})


def _told(found: dict[str, Measurement]) -> dict[str, Measurement]:
    """Without the numbers of parts of few rows, nor of the smallest other one beside a single such part."""
    hidden = _hidden({name: measured.n or 0 for name, measured in found.items()})
    gone = {"value": None, "interval": None, "n": None, "undefined": _WITHHELD, "suppressed": True}
    return {name: one.model_copy(update=gone) if name in hidden else one for name, one in found.items()}


def _hidden(sizes: dict[str, int]) -> set[str]:
    small = {name for name, size in sizes.items() if size < FEWEST}
    rest = sorted((size, name) for name, size in sizes.items() if name not in small)
    return small | ({rest[0][1]} if len(small) == 1 and rest else set())


def _of_parts(
    case: Case[Any], attempts: Attempts, attack: str, parts: dict[str, npt.NDArray[np.bool_]]
) -> dict[str, Measurement]:
    scores = attempts.tried[attack].scores
    level = family_level(case.level, max(len(parts), 1))
    units = None if attempts.units is None else attempts.units.joined
    said = scores.ranked.said
    return {
        name: _of_part(case, scores, None if units is None else units[said & flags], said & flags, level)
        for name, flags in parts.items()
    }


def _of_part(case: Case[Any], scores: Sides, units: Integers | None, rows: Flags, level: float) -> Measurement:
    """Of some rows, each of which the attack says something; `units` are theirs."""
    places, member = scores.ranked.places[rows], scores.member[rows]
    inside = int(np.count_nonzero(member))
    n = min(inside, len(member) - inside)
    if n < FEWEST:
        why = Text.of("fewer than {count} members or others are left to judge an attack on", count=FEWEST)
        return Measurement(metric=AUC, value=None, n=n, undefined=why, better="lower")
    area = delong(places, member, level=level, units=units)
    assert area is not None  # noqa: S101  both sides have rows
    interval = Interval(low=area.low, high=area.high, level=case.level, method=area.method, simultaneous=True)
    return Measurement(metric=AUC, value=area.value, n=n, interval=interval, better="lower")


def exposed_parts(measured: list[Measurement], attack: str) -> Table | None:
    """Classes and groups, the most exposed first; None of fewer than two."""
    told = [one for one in measured if one.value is not None and one.interval is not None]
    if len(told) < 2:  # noqa: PLR2004  nobody to compare with
        return None
    told.sort(
        key=lambda one: (-(one.interval.low if one.interval else 0.0), one.label or "", sorted(one.group.items()))
    )
    rows = tuple((_name(one), Quote.of(one), Quote.of(one, "interval"), Quote.of(one, "n")) for one in told)
    names = ("class or group", "area under the ROC", "interval", "members or others, whichever is fewer")
    return Table(
        title=Text.of("Who is exposed most, by the attack '{attack}': the highest lower end first", attack=attack),
        columns=tuple(Text.of(name) for name in names),
        rows=rows,
    )


def _name(one: Measurement) -> str:
    if one.label is not None:
        return one.label
    return ", ".join(f"{attribute} = {label}" for attribute, label in one.group.items())


def exposed_records(attempts: Attempts, attack: str) -> Table | None:
    """The members whose scores fewest others reach, by digest; None without a salt file."""
    digests = attempts.target.members.row_digests
    scores = attempts.tried[attack].scores
    outside = np.sort(scores.outside[~np.isnan(scores.outside)])
    if digests is None or not len(outside):
        return None
    said = np.flatnonzero(~np.isnan(scores.inside))
    # Those among whom the first ones are, so that a long table is not put in order row by row.
    least = np.sort(scores.inside[said])[-MOST_RECORDS:][:1]
    said = said[scores.inside[said] >= least] if len(least) else said
    ranked = sorted(said.tolist(), key=lambda row: (-scores.inside[row], digests[row]))[:MOST_RECORDS]
    reached = [
        (len(outside) - int(np.searchsorted(outside, scores.inside[row], side="left"))) / len(outside) for row in ranked
    ]
    return Table(
        title=Text.of(
            "The most exposed records of the training, by the attack '{attack}', under their salted digests",
            attack=attack,
        ),
        columns=(Text.of("digest"), Text.of("share of the others whose score is as high")),
        rows=tuple((digests[row][:DIGITS], share) for row, share in zip(ranked, reached, strict=True)),
    )
