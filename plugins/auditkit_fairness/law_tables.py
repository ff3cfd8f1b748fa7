"""The tables of `fairness.local-law-144`: categories, their rates and impact ratios, and what is to be published."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt

from auditkit import Interval, Measurement, Quote, Table, Text
from auditkit.statistics import ImpactRatios, Shares, impact_ratios
from auditkit_fairness.law_counts import Tally

_AND = " \N{MULTIPLICATION SIGN} "


@dataclass(frozen=True)
class Said:
    """What the auditor says of the audit, which no row tells."""

    data_kind: Literal["historical", "test"]
    exclude_below: float
    because: str
    data_source: str
    audited: dt.date | None
    distributed: dt.date | None

    def is_excluded(self, n: npt.NDArray[np.integer], rows: int) -> npt.NDArray[np.bool_]:
        """Whether categories of so many of all rows have no impact ratio."""
        return np.asarray(n / max(rows, 1) < self.exclude_below)


@dataclass(frozen=True)
class Version:
    """One of the two ways in which the law counts: selections, or scores above the median."""

    rate: str
    ratio: str
    title: Text
    """Wants `attributes`."""
    columns: tuple[str, ...]
    nobody: str


SELECTION = Version(
    "selection_rate",
    "impact_ratio",
    Text.of("Selection by {attributes}"),
    ("individuals", "selected", "selection rate", "impact ratio"),
    "nobody was selected in any category: 0 / 0",
)
SCORING = Version(
    "scoring_rate",
    "scoring_impact_ratio",
    Text.of("Scores by {attributes}"),
    ("individuals", "above the median", "scoring rate", "impact ratio"),
    "nobody scored above the median in any category: 0 / 0",
)


@dataclass(frozen=True)
class Categories:
    """The categories of one attribute, or of two at once, with rates and ratios."""

    counted: Tally
    version: Version
    label: str | None
    level: float
    about: Said
    conditions: dict[str, str]
    shares: Shares
    excluded: npt.NDArray[np.bool_]
    ratios: ImpactRatios | None
    """Of those that are not excluded; None: there is nothing to divide."""

    @classmethod
    def of(
        cls,
        counted: Tally,
        version: Version,
        *,
        label: str | None,
        level: float,
        about: Said,
        conditions: dict[str, str],
    ) -> Self:
        """Rates of all categories, and ratios of those that are large enough."""
        shares = counted.shares(level)
        excluded = about.is_excluded(counted.n, counted.rows) | (counted.n == 0)
        several = np.count_nonzero(~excluded) > 1
        ratios = impact_ratios(shares.take(~excluded), level=level) if several else None
        return cls(counted, version, label, level, about, conditions, shares, excluded, ratios)

    def has_ratios_of(self, other: Categories) -> bool:
        """Whether the other's impact ratios are these."""
        if self.ratios is None or other.ratios is None:
            return self.ratios is other.ratios
        return bool(np.allclose(self.ratios.ratio, other.ratios.ratio, rtol=0, atol=1e-12))

    def readings(self) -> Iterator[Measurement | Table]:
        """Each category's rate and ratio, and the table that quotes them."""
        pairs = [(self._rate(place), self._ratio(place)) for place in range(len(self.counted.members))]
        for pair in pairs:
            yield from pair
        if pairs:
            yield self._table(pairs)

    def _about(self, place: int, metric: str) -> dict[str, Any]:
        member, n = self.counted.members[place], int(self.counted.n[place])
        return {"metric": metric, "group": member, "n": n, "label": self.label, "conditions": self.conditions}

    def _rate(self, place: int) -> Measurement:
        about = self._about(place, self.version.rate) | {"better": "target"}
        if about["n"] == 0:
            return Measurement(value=None, undefined=Text.of("no individuals in this category"), **about)
        low, high = (float(end[place]) for end in self.shares.limits(self.level))
        interval = Interval(low=low, high=high, level=self.level, method=self.shares.method)
        return Measurement(value=float(self.shares.value[place]), interval=interval, **about)

    def _ratio(self, place: int) -> Measurement:
        about = self._about(place, self.version.ratio) | {"better": "higher"}
        why = self._undefined(place)
        if why is not None or self.ratios is None:
            return Measurement(value=None, undefined=why, **about)
        compared = np.flatnonzero(~self.excluded)
        at = int(np.searchsorted(compared, place))
        words = ["donner-zou ratio of wilson limits", "all pairs"]
        words += ["effective size"] if self.shares.is_effective else []
        low, high = (float(end[at]) for end in self.ratios.limits)
        interval = Interval(low=low, high=high, level=self.level, method=", ".join(words), simultaneous=True)
        versus = self.counted.members[int(compared[self.ratios.highest])]
        return Measurement(value=float(self.ratios.ratio[at]), interval=interval, versus=versus, **about)

    def _undefined(self, place: int) -> Text | None:
        if self.excluded[place]:
            return Text.of("excluded: under {share:percent} of all individuals", share=self.about.exclude_below)
        if np.count_nonzero(~self.excluded) < 2:  # noqa: PLR2004  a ratio is of two
            return Text.of("fewer than two categories are left to compare")
        return Text.of(self.version.nobody) if self.ratios is None else None

    def _table(self, pairs: Sequence[tuple[Measurement, Measurement]]) -> Table:
        names = [Text.of("{name}", name=name) for name in self.counted.names]
        counted = [Text.of(column) for column in self.version.columns]
        return Table(
            title=self._title(),
            columns=(*names, *counted, Text.of("{level:percent} interval of the ratio", level=self.level)),
            rows=tuple(self._row(place, *pair) for place, pair in enumerate(pairs)),
            prominent=True,
        )

    def _row(self, place: int, rate: Measurement, ratio: Measurement) -> tuple[Any, ...]:
        labels = (self.counted.members[place][name] for name in self.counted.names)
        of_rate = (Quote.of(rate, "n"), Quote.of(rate, "hits"), Quote.of(rate))
        if self.excluded[place]:
            return (*labels, *of_rate, Text.of("excluded"), Text.of("\N{EN DASH}"))
        return (*labels, *of_rate, Quote.of(ratio), Quote.of(ratio, "interval"))

    def _title(self) -> Text:
        title = Text.of(self.version.title.msgid, attributes=_AND.join(self.counted.names))
        if self.label is not None:
            title = Text.of("{title}, class {label}", title=title, label=self.label)
        if self.conditions:
            title = Text.of("{title}, at the median of those of known category alone", title=title)
        return title


def to_publish(tallies: Sequence[Tally], about: Said, *, median_matters: bool | None) -> Table:
    """What the employer has to publish beside the tables, as far as it was said.

    Args:
        tallies: everybody, by sex, by race, and by both.
        about: what the auditor said.
        median_matters: whether the median of those of known category alone gives other ratios; None: no score was
            looked at.
    """
    rows = [
        (Text.of("date of the audit"), _date(about)),
        (Text.of("data"), _data(about)),
        (Text.of("individuals assessed"), Text.of("{rows}", rows=tallies[-1].rows)),
        (Text.of("of unknown category, and in no table"), _unknown(tallies)),
        (Text.of("categories without an impact ratio"), _excluded(tallies, about)),
        (Text.of("numbers that are withheld here"), Text.of(_WITHHELD)),
        (Text.of("distribution date of the tool"), _distributed(about)),
    ]
    if median_matters is not None:
        rows.insert(4, (Text.of("median"), Text.of(_MEDIAN[median_matters])))
    return Table(
        title=Text.of("What to publish, with the tables above (6 RCNY 5-303)"),
        columns=(Text.of("the law asks for"), Text.of("of this audit")),
        rows=tuple(rows),
        prominent=True,
    )


_WITHHELD = (
    "The law wants every category's numbers, and this report tells none of fewer than 10 people, nor what gives them "
    "away. Where a table says 'withheld', count those categories in your own rows before you publish: "
    "docs/statutory-tables.md says how."
)
_MEDIAN = {
    False: "of everybody scored, those of unknown category too; without them the impact ratios are the same",
    True: "of everybody scored, those of unknown category too; without them some impact ratios are others: both stand "
    "above",
}


def _date(about: Said) -> Text:
    if about.audited is None:
        return Text.of("that of this report, on page one; the tool may be used for one year from it")
    return Text.of("{date}; the tool may be used for one year from it", date=about.audited.isoformat())


def _distributed(about: Said) -> Text:
    if about.distributed is None:
        return Text.of("not said: write distributed = the day on which the employer began to use the tool")
    return Text.of("{date}", date=about.distributed.isoformat())


def _data(about: Said) -> Text:
    if about.data_source:
        said = {"historical": "historical data. {source}", "test": "test data, no historical data. {source}"}
        return Text.of(said[about.data_kind], source=about.data_source)
    return Text.of(
        {
            "historical": "historical data; not said: write data_source = where they are from and what they hold",
            "test": "test data; not said: write data_source = why no historical data were used, and how these were "
            "made",
        }[about.data_kind]
    )


def _unknown(tallies: Sequence[Tally]) -> Text:
    (sex,), (race,), _ = (one.names for one in tallies)
    of_sex, of_race, of_either = (one.unknown for one in tallies)
    return Text.of(
        "{of_sex} by {sex}, {of_race} by {race}, {of_either} by either",
        of_sex=of_sex,
        sex=sex,
        of_race=of_race,
        race=race,
        of_either=of_either,
    )


def _excluded(tallies: Sequence[Tally], about: Said) -> Text:
    names = [
        _AND.join(member.values())
        for one in tallies
        for member, excluded in zip(one.members, about.is_excluded(one.n, one.rows), strict=True)
        if excluded
    ]
    if not names:
        return Text.of("none was excluded")
    said = "{count}, each under {share:percent} of all individuals: {names}. "
    words: dict[str, Any] = {"count": len(names), "share": about.exclude_below, "names": "; ".join(names)}
    if about.because:
        return Text.of(said + "Justification: {because}", **words, because=about.because)
    return Text.of(said + "The justification is the auditor's to give: write because = ...", **words)
