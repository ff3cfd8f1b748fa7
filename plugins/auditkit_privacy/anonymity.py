"""`privacy.anonymity`: whether somebody could be found by their quasi-identifiers, and what one would learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Measurement,
    Table,
    Text,
    Values,
    check,
    clean,
    planted,
)
from auditkit.testing import every, near, toy_case
from auditkit_privacy.crowds.cards import CARDS
from auditkit_privacy.crowds.classes import Integers, number_classes, people_of, shuffled, sizes_of
from auditkit_privacy.crowds.diversity import (
    Cells,
    Floats,
    closeness,
    disclosure,
    distinct_values,
    entropy_diversity,
    largest_share,
    likeness,
    recursive_ratio,
)
from auditkit_privacy.crowds.saying import first_told, in_sentences

TRAINING = {"split": "training"}
_HIGHER = {card.name for card in CARDS if card.better == "higher"}
_STEPS = (1, 2, 3, 5, 10, 20)

_SICK = ("no", "yes")


def _toy(_: np.random.Generator, *, alone: int) -> Case[Any]:
    """Four classes of ten people, half of whom are sick; and so many people whose like there is not."""
    ages = [str(30 + 10 * (row // 20)) for row in range(40)] + [str(80 + one) for one in range(alone)]
    sexes = ["FM"[row // 10 % 2] for row in range(40)] + ["F"] * alone
    targets = [_SICK[row % 2] for row in range(40)] + ["yes"] * alone
    said = ClassScores(_SICK, np.full((40 + alone, 2), 0.5))
    return toy_case(said, targets, quasi_identifiers={"age": ages, "sex": sexes})


CONTROLS = (
    planted(
        "ten people of fifty are alone with their age and sex",
        partial(_toy, alone=10),
        every(near("k_anonymity", 1), near("uniqueness_rate", 0.2), near("distinct_l_diversity", 1)),
    ),
    clean(
        "four classes of ten people, half of each sick",
        partial(_toy, alone=0),
        every(
            near("k_anonymity", 10), near("uniqueness_rate", 0), near("t_closeness", 0), near("distinct_l_diversity", 2)
        ),
    ),
)


def _no_group(name: str) -> AuditError:
    return AuditError(f"option 'sensitive' names '{name}', which is none of the groups", hint="add it to [data] groups")


def _accepts(*, data: Any, least_values: int = 2, sensitive: tuple[str, ...] = ()) -> None:
    for name in sensitive:
        if name not in data.groups:
            raise _no_group(name)
    if least_values < 2:  # noqa: PLR2004  of one value nothing is compared
        raise AuditError(
            f"option 'least_values' is '{least_values}'", hint="write a number from 2 on: least_values = 2"
        )


@check(
    "privacy.anonymity",
    on=None,
    needs=("quasi_identifiers",),
    metrics=CARDS,
    accepts=_accepts,
    controls=CONTROLS,
    streams=True,
)
def anonymity(
    case: Case[Any], *, sensitive: tuple[str, ...] = (), least_values: int = 2
) -> Iterator[Measurement | Table]:
    """Whether somebody could be found in the data by what others know of them.

    People with the same quasi-identifiers make a class. The smallest class says how well one is hidden; l-diversity,
    t-closeness and the like say what one would learn of the target without finding anybody. `sensitive` names groups
    to take as such attributes too. Rows of one unit are one person; weights have no part. All numbers are those of the
    tables at hand, and nobody's values are shown.
    """
    if not case.settings.quasi_identifiers:
        _ = case.quasi_identifiers  # says what to type
    yield from _of_split(case, {}, sensitive, least_values)
    if "training" in case.keys:
        yield from _of_split(case.training, TRAINING, sensitive, least_values)
    if "reference" in case.keys:
        yield from _against_reference(case)


def classes(case: Case[Any]) -> Integers:
    """[n]: which rows have equal quasi-identifiers, by numbers that were drawn."""
    columns = [codes.codes for codes in case.quasi_identifiers.values()]
    return shuffled(number_classes(columns, len(case)), case.rng("classes"))


def matches(case: Case[Any]) -> Integers:
    """[n]: how many rows of the reference have the quasi-identifiers of each row."""
    other = case.reference
    theirs, columns = other.quasi_identifiers, []
    for name, codes in case.quasi_identifiers.items():
        place = {label: index for index, label in enumerate(codes.vocabulary)}
        unseen = len(codes.vocabulary)
        table = np.array([place.get(label, unseen) for label in theirs[name].vocabulary] + [-1], dtype=np.int64)
        columns.append(np.concatenate([codes.codes, table[theirs[name].codes]]))
    found = number_classes(columns, len(case) + len(other))
    counts = np.bincount(found[len(case) :], minlength=int(found.max(initial=0)) + 1)
    return np.asarray(counts[found[: len(case)]], dtype=np.int64)


def _of_split(
    case: Case[Any], conditions: dict[str, str], sensitive: tuple[str, ...], least: int
) -> Iterator[Measurement | Table]:
    found = case.compute(classes)
    units = None if case.units is None else case.units.codes
    people = people_of(found, units)
    sizes = sizes_of(found, people)
    alone = float(sizes[sizes == 1].sum())
    measured = [
        _measured(case, "k_anonymity", float(sizes.min()), conditions),
        _measured(case, "uniqueness_rate", alone / float(sizes.sum()), conditions),
    ]
    for label, values, ordered in _sensitive(case, sensitive):
        measured += _told(case, found, people, values, ordered=ordered, label=label, conditions=conditions, least=least)
    yield in_sentences(measured, where=Text.of("training rows" if conditions else "audit rows"))
    yield from first_told(measured)
    yield _sizes(sizes, conditions)


def _sensitive(case: Case[Any], named: tuple[str, ...]) -> Iterator[tuple[str | None, Integers, bool]]:
    """The target, and the groups that are named: codes below 0 are unknown; whether they are numbers."""
    if case.has_targets and isinstance(case.predictions, ClassScores):
        yield None, case.targets.codes, False
    elif case.has_truth and isinstance(case.predictions, Values):
        numbers, known = case.truth.values, case.truth_known
        codes = np.full(len(numbers), -1, dtype=np.int64)
        codes[known] = np.unique(numbers[known], return_inverse=True)[1]
        yield None, codes, True
    for name in named:
        if name not in case.groups:
            raise _no_group(name)
        yield name, case.groups[name].codes, False


def _told(  # noqa: PLR0913  what one attribute is looked at with
    case: Case[Any],
    found: Integers,
    people: Floats,
    values: Integers,
    *,
    ordered: bool,
    label: str | None,
    conditions: dict[str, str],
    least: int,
) -> Iterator[Measurement]:
    """What the classes tell of one sensitive attribute."""
    known = int(np.count_nonzero(values >= 0))
    cells = Cells.of(found, values, people) if known else None
    for metric, value in _values(cells, ordered=ordered, least=least):
        why = "no row has a value of the sensitive attribute" if cells is None else "some class has fewer than l values"
        yield _measured(case, metric, value, conditions, n=known, label=label, why=why)


def _values(cells: Cells | None, *, ordered: bool, least: int) -> Iterator[tuple[str, float | None]]:
    measured: dict[str, Callable[[Cells], float | None]] = {
        "distinct_l_diversity": lambda cells: float(distinct_values(cells)),
        "entropy_l_diversity": entropy_diversity,
        "recursive_c_diversity": partial(recursive_ratio, least=least),
        "t_closeness": partial(closeness, ordered=ordered),
        "alpha_anonymity": largest_share,
        "basic_beta_likeness": lambda cells: likeness(cells)[0],
        "enhanced_beta_likeness": lambda cells: likeness(cells)[1],
        "delta_disclosure": disclosure,
    }
    for metric, measure in measured.items():
        yield metric, None if cells is None else measure(cells)


def _against_reference(case: Case[Any]) -> Iterator[Measurement]:
    counts = case.compute(matches)
    people = people_of(case.compute(classes), None if case.units is None else case.units.codes)
    few = float(people[counts <= 1].sum() / people.sum())
    yield _measured(case, "k_map", float(counts.min()), {})
    yield _measured(case, "population_uniqueness_rate", few, {})


def _measured(
    case: Case[Any],
    metric: str,
    value: float | None,
    conditions: dict[str, str],
    *,
    n: int | None = None,
    label: str | None = None,
    why: str = "",
) -> Measurement:
    return Measurement(
        metric=metric,
        value=value,
        undefined=Text.of(why) if value is None else None,
        n=len(case) if n is None else n,
        exact=value is not None,
        label=label,
        conditions=conditions,
        better="higher" if metric in _HIGHER else "lower",
    )


def _sizes(sizes: Integers, conditions: dict[str, str]) -> Table:
    """How many people are in classes of at least so many."""
    where = Text.of("training rows" if conditions else "audit rows")
    rows = tuple((step, int(sizes[sizes >= step].sum()), int((sizes >= step).sum())) for step in _STEPS)
    return Table(
        title=Text.of("How many people are hidden among how many: {where}", where=where),
        columns=(Text.of("classes of at least"), Text.of("people in them"), Text.of("classes")),
        rows=rows,
    )
