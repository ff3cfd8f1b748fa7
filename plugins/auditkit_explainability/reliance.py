"""`explainability.reliance`: whether answers change when who somebody is changes, and more than by neutral edits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    Table,
    TextFile,
    Values,
    check,
)
from auditkit.perturbation import (
    Answers,
    Changed,
    Rows,
    column_of,
    each_in_threads,
    marks,
    picture_column,
    pixels_of,
    sampled,
    taken,
    text_column,
    with_column,
)
from auditkit.perturbation.editing import EDITS, Edited, edited
from auditkit.perturbation.lexicon import Attribute, accept_attributes, read_terms
from auditkit_explainability.cards.reliance import RELIED
from auditkit_explainability.explained import asks_to_attribute
from auditkit_explainability.planted.reliance import RELIANCE_CONTROLS
from auditkit_explainability.relying.given import gives_pictures
from auditkit_explainability.relying.mass import ROWS as ILLUSTRATED
from auditkit_explainability.relying.mass import illustrated
from auditkit_explainability.relying.pairing import ARM, HOLDING, PROTECTED, Told, ask_in_pairs
from auditkit_explainability.relying.regions import BUILT_IN, elsewhere, masked, regions_of


def accept_terms(*, terms: TextFile | None = None, **options: Any) -> None:
    """Refuse a file of terms that cannot be meant, attributes that it lacks, regions that are none, and no rows.

    Raises:
        AuditError: what is wrong.
    """
    regions_of(options.get("regions"))
    if options.get("illustrated_rows", 0) < 0:
        raise AuditError(f"option 'illustrated_rows' is {options['illustrated_rows']}", hint="0 for none, or more")
    if options.get("most_rows", 1) < 1:
        raise AuditError(f"option 'most_rows' is {options['most_rows']}", hint="at least 1 row")
    accept_attributes(terms=terms, **options)


def asks_edited(*, rows: int, most_rows: int, illustrated_rows: int, **_: Any) -> int:
    """Predictions beside those of the rows: of texts; pictures want fewer."""
    kept = min(rows, most_rows)
    return 18 * kept + asks_to_attribute(min(kept, illustrated_rows))


@check(
    "explainability.reliance",
    on=(ClassScores, LabelScores, Values),
    metrics=RELIED,
    accepts=accept_terms,
    controls=RELIANCE_CONTROLS,
    asks=asks_edited,
)
def reliance(
    case: Case[Answers],
    *,
    attributes: tuple[str, ...] = (),
    terms: TextFile | None = None,
    regions: dict[str, tuple[float, ...]] | None = None,
    column: str = "",
    most_rows: int = 100,
    illustrated_rows: int = ILLUSTRATED,
) -> Iterator[Measurement | Table]:
    """Whether answers change with who somebody is, beyond neutral edits.

    Texts: the words that say the sex, ethnicity or age of a person, in English and Chinese, are swapped for those of
    another one, masked, and removed; and each time as many other words of the same text are. `terms` names a file of
    further words, `attributes` some of those there are, `column` the texts where rows hold more. Pictures: the
    outermost twentieth, where scanners print, the corners, where markers of a site lie, and each of `regions` (shares
    of the width and the height: left, top, right, bottom) get the picture's mean colour; and each time as much of the
    picture elsewhere does.

    What counts is how much further the score moves than by its control, on the same rows. That is at most 18
    predictions a row of texts, or 4 of pictures and 2 more a region, of at most `most_rows` rows drawn at random.
    Beside that stands how much of the attributions of `illustrated_rows` rows falls on these words or regions, by
    integrated gradients, or by occlusion where the model gives none: an illustration, 0 for none. For the columns of
    tables `fairness.protected-intervention` does it.
    """
    case = sampled(case, most_rows)
    if gives_pictures(case):
        names = [*BUILT_IN, *(regions or {})]
        how: dict[str, Any] = {"regions": {name: list(box) for name, box in (regions or {}).items()}}
        pairs = ask_in_pairs(case, Masked, [{"region": name} for name in names], **how)
        told = Told.of(case, pairs, "no region of any picture can be masked")
        yield from told.measurements("region")
        yield told.table("What masking parts of pictures did to the answers", ("region",))
        yield from illustrated(case, "region", names, most_rows=illustrated_rows, **how)
        return
    text = None if terms is None else terms.text or ""
    # A replay has not read the file: what it asks for then is not in the evidence, which says so.
    names = list(attributes or read_terms(text or None))
    edits = [{"attribute": name, "edit": edit} for name in names for edit in EDITS]
    pairs = ask_in_pairs(case, Worded, edits, column=column, terms=text)
    yield from _mentions(case, names, column, text)
    told = Told.of(case, pairs, "no text holds a word that says who somebody is, and another one to compare with")
    yield from told.measurements("attribute")
    yield told.table("What changing who somebody is did to the answers", ("attribute", "edit"))
    yield from illustrated(case, "attribute", names, most_rows=illustrated_rows, column=column, terms=text)


def _mentions(case: Case[Answers], names: list[str], column: str, terms: str | None) -> Iterator[Measurement]:
    rows = Rows.of(case)
    for name in names:
        held = np.asarray(case.compute(holds, attribute=name, column=column, terms=terms), dtype=float)
        yield rows.share(held).measurement(HOLDING, rows.level, conditions={"attribute": name}, better="target")


def holds(case: Case[Answers], *, attribute: str, column: str, terms: str | None) -> Any:
    """[n]: whether a text holds a word of the attribute."""
    named = read_terms(terms)[attribute]
    changer = Worded(case, column, terms)
    return np.array([bool(named.found(text)) for text in column_of(case.inputs, changer.name)], dtype=bool)


@dataclass(frozen=True)
class Worded:
    """Changes words of the texts of a case; what is drawn follows from the text itself."""

    case: Case[Any]
    column: str
    terms: str | None
    before: Answers | None = None

    @cached_property
    def name(self) -> str:
        """The column that holds the texts."""
        return text_column(self.case.inputs, self.column)

    @cached_property
    def attributes(self) -> Mapping[str, Attribute]:
        """By name."""
        return read_terms(self.terms)

    def changed(self, conditions: Mapping[str, str]) -> Changed:
        """The rows whose text says who somebody is, with that edited, or with a neutral edit."""
        found: dict[int, str] = {}
        for row, text in enumerate(column_of(self.case.inputs, self.name)):
            made = self._edited(text, conditions)
            if made is not None:
                found[row] = made.protected if conditions[ARM] == PROTECTED else made.neutral
        rows = np.array(list(found), dtype=np.int64)
        return Changed(rows, with_column(taken(self.case.inputs, rows), self.name, list(found.values())))

    def _edited(self, text: str, conditions: Mapping[str, str]) -> Edited | None:
        name, edit = conditions["attribute"], conditions["edit"]

        def drawn(what: str) -> np.random.Generator:
            return self.case.rng(f"{what} {name} {edit}: {text}")

        others = [one for other, one in self.attributes.items() if other != name]
        return edited(text, self.attributes[name], edit, drawn, others)


@dataclass(frozen=True)
class Masked:
    """Masks parts of the pictures of a case; what is drawn follows from the picture itself."""

    case: Case[Any]
    regions: Mapping[str, list[float]]
    before: Answers | None = None

    @cached_property
    def marks(self) -> list[str]:
        """[n]: a digest of each picture."""
        return marks(self.case.inputs)

    def changed(self, conditions: Mapping[str, str]) -> Changed:
        """All rows, with one region masked, or as much elsewhere."""
        name = picture_column(self.case.inputs)
        boxes = regions_of(self.regions)[conditions["region"]]

        def made(numbered: tuple[str, Any]) -> Any:
            mark, pixels = numbered
            rng = self.case.rng(f"{conditions['region']}: {mark}")
            return masked(pixels, boxes if conditions[ARM] == PROTECTED else elsewhere(boxes, rng))

        pixels = pixels_of(self.case, column_of(self.case.inputs, name))
        shown = each_in_threads(made, list(zip(self.marks, pixels, strict=True)))
        return Changed(np.arange(len(shown)), with_column(self.case.inputs, name, shown))
