"""`robustness.images`: what noise, blur, weather, compression and other scanners do to the answers about pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, Quote, Table, Text, Values, check
from auditkit.perturbation import (
    Answers,
    Asked,
    Changed,
    ask_about,
    column_of,
    each_in_threads,
    picture_column,
    pixels_of,
    sampled,
    with_column,
)
from auditkit_robustness.cards import ERROR_RATIO, PERTURBED
from auditkit_robustness.corrupting import COMMON, SCANNERS, SEVERITIES, corrupted
from auditkit_robustness.measured.ratios import ERRORS, error_ratio
from auditkit_robustness.measured.telling import ACCURACY, FLIPS, SHIFT, UNSOUND, Told, is_sound
from auditkit_robustness.planted_pictures import IMAGE_CONTROLS

LARGEST, BROUGHT_TO = 256, 224
"""Pixels of the shorter side: a larger picture is brought to the size that ImageNet-C's constants are made for."""
NONE = {"corruption": "none", "severity": "0"}


def accept_corruptions(**options: Any) -> None:
    """Refuse severities and corruptions that there are none of, and no rows.

    Raises:
        AuditError: there is one.
    """
    bad = [severity for severity in options.get("severities", ()) if severity not in SEVERITIES]
    if bad or not options.get("severities", SEVERITIES):
        raise AuditError(f"option 'severities' is {list(options['severities'])}", hint="some of 1, 2, 3, 4 and 5")
    known = [*COMMON, *SCANNERS]
    strange = next((name for name in options.get("corruptions", ()) if name not in known), None)
    if strange is not None:
        raise AuditError(f"option 'corruptions' names '{strange}'", hint=f"these are known: {', '.join(known)}")
    if options.get("most_rows", 1) < 1:
        raise AuditError(f"option 'most_rows' is {options['most_rows']}", hint="at least 1 row")


def asks_corrupted(
    *, rows: int, most_rows: int, severities: tuple[int, ...], corruptions: tuple[str, ...], **_: Any
) -> int:
    """Predictions beside those of the rows."""
    return min(rows, most_rows) * (1 + len(severities) * len(corruptions or (*COMMON, *SCANNERS)))


@check(
    "robustness.images",
    on=(ClassScores, LabelScores, Values),
    metrics=(*PERTURBED, ERROR_RATIO),
    accepts=accept_corruptions,
    controls=IMAGE_CONTROLS,
    asks=asks_corrupted,
)
def images(
    case: Case[Answers],
    *,
    most_rows: int = 24,
    severities: tuple[int, ...] = (1, 3, 5),
    corruptions: tuple[str, ...] = (),
) -> Iterator[Measurement | Table]:
    """What noise, blur, weather, compression and other scanners do to the answers.

    The model is asked again about the same pictures after each of the fifteen corruptions of ImageNet-C, with their
    constants (for pictures of up to 64 pixels CIFAR-10-C's), and after five more that scanners and archives bring: a
    narrower window, gamma, an uneven field, a lower dose, fewer pixels. A picture whose shorter side has more than 256
    pixels is brought to 224 first, and the answer to that is what others are held against. With the defaults that is 61
    predictions a row, of at most `most_rows` rows drawn at random; `severities = [1, 2, 3, 4, 5]` and more rows are the
    benchmark itself. `corruptions` names some of them.
    """
    case = sampled(case, most_rows)
    (shown,) = ask_about(case, Pictures, [NONE])
    names = corruptions or (*COMMON, *SCANNERS)
    conditions = [{"corruption": name, "severity": str(severity)} for name in names for severity in severities]
    told = Told.of(case, ask_about(case, Corrupted, conditions), before=shown.right)
    yield from told.together()
    yield from _shown(told, shown)
    yield from told.each()
    yield from _ratios(told, names)
    told_of = "decisions that change and that are right, by severity" if told.decides else "shifts, by severity"
    parts = ((f"Corruptions of ImageNet-C: {told_of}", COMMON), (f"Scanners and archives: {told_of}", SCANNERS))
    for title, kinds in parts:
        if any(name in kinds for name in names):
            yield _by_severity(told, title, [name for name in names if name in kinds], severities)
    yield told.worst_first().table(
        "What each corruption did to the answers, the worst first", ("corruption", "severity"), prominent=False
    )


def _by_severity(told: Told, title: str, names: list[str], severities: tuple[int, ...]) -> Table:
    """A line a corruption, a column a severity: what all of them did, at one look."""
    which = {FLIPS: "changed", ACCURACY: "right"} if told.decides else {SHIFT: "moved"}
    shown = [(metric, words) for metric, words in which.items() if metric != ACCURACY or told.knows]
    heads = [f"{words} {severity}" for _, words in shown for severity in severities]
    lines = []
    for name in names:
        line: list[Any] = [name]
        line += [
            Quote(metric=metric, conditions={"corruption": name, "severity": str(severity)})
            for metric, _ in shown
            for severity in severities
        ]
        lines.append((*line, *([Quote(metric=ERRORS, conditions={"corruption": name})] if told.knows else [])))
    columns = ("corruption", *heads, *(["error ratio"] if told.knows else []))
    return Table(
        title=Text.of(title),
        columns=tuple(map(Text.of, columns)),
        rows=tuple(lines),
        prominent=True,
    )


def _shown(told: Told, shown: Asked) -> Iterator[Measurement]:
    """What bringing pictures to their size does by itself."""
    if told.decides:
        yield told.rows.share(shown.flips).measurement(FLIPS, told.rows.level, conditions=NONE)
    if not is_sound(shown):
        yield told.rows.share(shown.unsound).measurement(UNSOUND, told.rows.level, conditions=NONE)


def _ratios(told: Told, names: tuple[str, ...]) -> Iterator[Measurement]:
    if not told.knows:
        return
    yield error_ratio(told, told.asked, {})
    for name in names:
        yield error_ratio(
            told, [one for one in told.asked if one.conditions["corruption"] == name], {"corruption": name}
        )


@dataclass(frozen=True)
class Pictures:
    """The pictures of a case, decoded as the model has them decoded, and brought to a size that corruptions know."""

    case: Case[Any]

    @property
    def before(self) -> Answers | None:
        """The answers to the rows as they are."""
        return None

    @cached_property
    def name(self) -> str:
        """The column that holds pictures."""
        return picture_column(self.case.inputs)

    @cached_property
    def pixels(self) -> list[npt.NDArray[np.uint8]]:
        """[n]: [rows, columns] or [rows, columns, 3] each."""
        cells = column_of(self.case.inputs, self.name)
        return pixels_of(self.case, cells, largest=LARGEST, to=BROUGHT_TO)

    def changed(self, _: Mapping[str, str]) -> Changed:
        """All rows, with nothing done to them but that."""
        return self.all_rows(self.pixels)

    def all_rows(self, pixels: list[npt.NDArray[np.uint8]]) -> Changed:
        """All rows, with these pixels."""
        rows = np.arange(len(pixels))
        return Changed(rows, with_column(self.case.inputs, self.name, list(pixels)))


@dataclass(frozen=True)
class Corrupted(Pictures):
    """The same pictures with a corruption each; what is drawn follows from the picture itself."""

    @cached_property
    def clean(self) -> Answers:
        """The answers to the pictures before any corruption; where that is none, the answer to the file."""
        found, own = self.case.predict_sound(Pictures.changed(self, NONE).inputs, NONE), self.case.predictions
        if len(found.rows) == len(own):
            return cast("Answers", found.predictions)
        chosen = np.arange(len(own))
        chosen[found.rows] = len(own) + np.arange(len(found.rows))
        said: Answers = type(own).concat([own, found.predictions]).take(chosen)
        return said

    @property
    def before(self) -> Answers | None:
        """The answers to the pictures before any corruption."""
        return self.clean

    @cached_property
    def marks(self) -> list[str]:
        """[n]: a digest of each picture."""
        return [hashlib.sha256(one.tobytes()).hexdigest() for one in self.pixels]

    def changed(self, conditions: Mapping[str, str]) -> Changed:
        """All rows, with one corruption."""
        name, severity = conditions["corruption"], int(conditions["severity"])

        def corrupt(numbered: tuple[str, npt.NDArray[np.uint8]]) -> npt.NDArray[np.uint8]:
            mark, pixels = numbered
            return corrupted(pixels, name, severity, self.case.rng(f"{name} {severity}: {mark}"))

        return self.all_rows(each_in_threads(corrupt, list(zip(self.marks, self.pixels, strict=True))))
