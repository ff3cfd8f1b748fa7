"""`fairness.mention-aucs`: whether texts that mention a group of people are ordered by the score as well as others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    TextFile,
    check,
    clean,
    planted,
)
from auditkit.perturbation import column_of, text_column
from auditkit.perturbation.lexicon import Attribute, accept_attributes, read_terms
from auditkit.statistics import Auc, delong, family_level
from auditkit.testing import above, below, every, near, toy_case
from auditkit_fairness.cards.mentions import AREAS, BNSP, BPSN, MENTION_CARDS, SUBGROUP, power_mean_of

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

_POWER = -5.0
_FEWEST, _FEWEST_OF_A_CLASS = 10, 5
_FEW = "fewer than {least} texts mention the group, or fewer than {fewest} of either class are to be ordered"
_ONE = "fewer than two groups are mentioned in enough texts"


def _toy(rng: np.random.Generator, *, by_mention: float, rows: int = 240) -> Case[Any]:
    """Comments, every second about a woman or a man, that are rude or not; the mention of a woman adds to the score."""
    import pandas as pd

    is_rude, sides = np.arange(rows) % 2 == 0, np.arange(rows) // 2 % 3
    who = np.array(["somebody", "a woman", "a man"])[sides]
    tone = np.where(is_rude, "a rude remark", "a kind remark")
    texts = [f"{one} on {another} in row {row}" for row, (one, another) in enumerate(zip(tone, who, strict=True))]
    logit = 2.5 * np.where(is_rude, 1.0, -1.0) + by_mention * (sides == 1) + rng.normal(size=rows)
    yes = 1 / (1 + np.exp(-logit))
    said = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    true = ["yes" if one else "no" for one in is_rude]
    return toy_case(said, true, positive="yes", inputs=pd.Series(texts, dtype=object))


_OF_NORMALS = 0.9998
"""The area between two normal distributions of log odds 5 standard deviations apart: Phi(5 / sqrt 2)."""
_SEX: dict[str, Any] = {"attributes": ("sex",), "terms": None, "column": ""}
CONTROLS = (
    planted(
        "scores of kind texts that are higher where they mention a woman",
        partial(_toy, by_mention=5.0),
        every(
            below(BPSN, 0.8, conditions={"attribute": "sex", "mentions": "female"}),
            above(BNSP, 0.9, conditions={"attribute": "sex", "mentions": "female"}),
            below(power_mean_of(BPSN), 0.9, conditions={}),
        ),
        **_SEX,
    ),
    clean(
        "scores that no mention changes",
        partial(_toy, by_mention=0.0),
        every(*(near(power_mean_of(metric), _OF_NORMALS, 0.02, conditions={}) for metric in AREAS)),
        **_SEX,
    ),
)


@check(
    "fairness.mention-aucs",
    on=(ClassScores, LabelScores),
    metrics=MENTION_CARDS,
    needs=("targets",),
    accepts=accept_attributes,
    controls=CONTROLS,
)
def mention_aucs(
    case: Case[ClassScores | LabelScores],
    *,
    attributes: tuple[str, ...] = (),
    terms: TextFile | None = None,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """How well scores order texts that mention a group of people.

    Of every group that words of the texts mention, in English and Chinese: how well the score tells the classes apart
    among the texts that mention it, between positive texts that do not and negative ones that do, and between negative
    texts that do not and positive ones that do. The three say whether a mention itself raises or lowers the score. The
    power mean over groups, with exponent -5, is led by the worst. The texts stay as they are, and no model is asked.
    `terms` names a file of further words, `attributes` some of those there are, `column` the texts where rows hold
    more.
    """
    if case.settings.recorded and not column and len(case.settings.given) == 1:
        # What was recorded lies in a table with other columns; the spec says which of them the model read.
        column = case.settings.given[0]
    if case.settings.recorded and not (case.settings.given or column):
        # As `text_column` would say, whose columns a replay does not have.
        raise NotApplicable("the rows hold several columns, and none is said to hold texts", hint='column = "note"')
    text = None if terms is None else terms.text or ""
    known = read_terms(text or None)
    # A replay has not read the file: what it asks for then is not in the evidence, which says so.
    names = list(attributes or known)
    groups = {
        (name, side): np.asarray(case.compute(mentions, attribute=name, side=place, column=column, terms=text), bool)
        for name in names
        for place, side in enumerate(known[name].sides if name in known else ("",))
    }
    if not any(np.count_nonzero(flags) for flags in groups.values()):
        raise NotApplicable("no text mentions a group of people by a word that is listed")
    for positive in case.positives:
        yield from _Told.of(case, positive, groups).everything()


def mentions(case: Case[Any], *, attribute: str, side: int, column: str, terms: str | None) -> Flags:
    """[n]: whether a text holds a word of one side of an attribute."""
    texts = column_of(case.inputs, text_column(case.inputs, column))
    named: Attribute = read_terms(terms or None)[attribute]
    return np.array([any(one.side == side for one in named.found(text)) for text in texts], dtype=bool)


@dataclass(frozen=True)
class _Told:
    """The areas of one class."""

    case: Case[Any]
    label: str | None
    scores: Floats
    positive: Flags
    groups: Mapping[tuple[str, str], Flags]

    @classmethod
    def of(cls, case: Case[Any], positive: str, groups: Mapping[tuple[str, str], Flags]) -> _Told:
        said = case.predictions
        if isinstance(said, LabelScores):
            place = said.labels.index(positive)
            return cls(case, positive, said.scores[:, place], case.label_targets[:, place], groups)
        place, true = said.classes.index(positive), case.targets.codes
        known = {key: flags & (true >= 0) for key, flags in groups.items()}
        return cls(case, case.label_for(positive), said.scores[:, place], true == place, known)

    def everything(self) -> Iterator[Measurement | Table]:
        """Each group, and the power means over them."""
        wide = family_level(self.case.level, max(len(self.groups), 1))
        found: dict[str, dict[tuple[str, str], Auc | None]] = {metric: {} for metric in AREAS}
        for key, flags in self.groups.items():
            for metric, (chosen, mine) in self._compared(flags).items():
                yield self._area(metric, key, self._auc(chosen, mine, self.case.level), chosen)
                found[metric][key] = self._auc(chosen, mine, wide)
        for metric, areas in found.items():
            yield self._power_mean(metric, areas, {})
            for name in dict.fromkeys(name for name, _ in areas):
                own = {key: area for key, area in areas.items() if key[0] == name}
                yield self._power_mean(metric, own, {"attribute": name})
        yield self._table()

    def _compared(self, flags: Flags) -> dict[str, tuple[Flags, Flags]]:
        """Metric -> the rows that are ordered, and those of them that mention the group."""
        known = np.ones(len(flags), dtype=bool)
        if not isinstance(self.case.predictions, LabelScores):
            known = self.case.targets.codes >= 0
        if self.case.weights is not None:
            known &= self.case.weights > 0
        mine, others = flags & known, ~flags & known
        return {
            SUBGROUP: (mine, mine),
            BPSN: (np.where(self.positive, others, mine), mine & ~self.positive),
            BNSP: (np.where(self.positive, mine, others), mine & self.positive),
        }

    def _auc(self, chosen: Flags, mine: Flags, level: float) -> Auc | None:
        positives = int(np.count_nonzero(self.positive & chosen))
        least = min(positives, int(np.count_nonzero(chosen)) - positives)
        if self._people(mine) < _FEWEST or least < _FEWEST_OF_A_CLASS:
            return None
        rows = np.flatnonzero(chosen)
        weights = None if self.case.weights is None else self.case.weights[rows]
        units = None if self.case.units is None else self.case.units.codes[rows]
        return delong(self.scores[rows], self.positive[rows], level=level, weights=weights, units=units)

    def _people(self, flags: Flags) -> int:
        if self.case.units is None:
            return int(np.count_nonzero(flags))
        codes = self.case.units.codes[flags]
        return len(np.unique(codes[codes >= 0])) + int(np.count_nonzero(codes < 0))

    def _area(self, metric: str, key: tuple[str, str], area: Auc | None, chosen: Flags) -> Measurement:
        where = {"attribute": key[0], "mentions": key[1]}
        about: dict[str, Any] = {"metric": metric, "label": self.label, "conditions": where, "better": "higher"}
        if area is None:
            why = Text.of(_FEW, least=_FEWEST, fewest=_FEWEST_OF_A_CLASS)
            return Measurement(value=None, n=None, undefined=why, **about)
        ends = Interval(low=area.low, high=area.high, level=self.case.level, method=area.method)
        return Measurement(value=area.value, n=int(np.count_nonzero(chosen)), interval=ends, **about)

    def _power_mean(
        self, metric: str, areas: Mapping[tuple[str, str], Auc | None], where: dict[str, str]
    ) -> Measurement:
        about: dict[str, Any] = {"metric": power_mean_of(metric), "label": self.label, "conditions": where}
        known = [one for one in areas.values() if one is not None]
        if len(known) < 2:  # noqa: PLR2004  of one group the mean is its area
            return Measurement(value=None, n=0, undefined=Text.of(_ONE), better="higher", **about)
        value, low, high = (power_mean([getattr(one, end) for one in known]) for end in ("value", "low", "high"))
        # A text that is ordered for two groups is one text.
        ordered = [self._compared(self.groups[key])[metric][0] for key, area in areas.items() if area is not None]
        n = int(np.count_nonzero(np.logical_or.reduce(ordered)))
        ends = Interval(
            low=low, high=high, level=self.case.level, method="power mean of the groups' limits", simultaneous=True
        )
        return Measurement(value=value, n=n, interval=ends, better="higher", **about)

    def _table(self) -> Table:
        columns = ("attribute", "texts that mention", "texts", *_COLUMNS.values())
        rows = []
        for name, side in self.groups:
            about: dict[str, Any] = {"label": self.label, "conditions": {"attribute": name, "mentions": side}}
            shown = [Quote(metric=SUBGROUP, shows="n", **about), *(Quote(metric=one, **about) for one in _COLUMNS)]
            rows.append((name, side, *shown))
        return Table(
            title=Text.of("How well texts are ordered that mention a group of people"),
            columns=tuple(map(Text.of, columns)),
            rows=tuple(rows),
            prominent=True,
        )


_COLUMNS = {
    SUBGROUP: "area among them",
    BPSN: "area of positive texts without and negative texts with the mention",
    BNSP: "area of negative texts without and positive texts with the mention",
}


def power_mean(areas: Sequence[float]) -> float:
    """The generalised mean with exponent -5: 0 where an area is 0. Source: Borkan et al. (2019)."""
    if min(areas) <= 0:
        return 0.0
    return float(np.mean(np.asarray(areas, dtype=float) ** _POWER) ** (1 / _POWER))
