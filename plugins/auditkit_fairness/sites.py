"""`fairness.sites`: whether where a row comes from, a hospital or a scanner, goes with its target and its group."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    GroupCount,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import Grouping
from auditkit.statistics import RATES, code_outcomes, count_outcomes, cramers_v, own_units, telling
from auditkit.testing import above, every, near, not_above, toy_case
from auditkit_fairness.accepting import accept_attributes
from auditkit_fairness.cards.sites import SITE_CARDS
from auditkit_fairness.comparing import people_of
from auditkit_fairness.groupings import groupings
from auditkit_fairness.questions import Predicted, Question, questions
from auditkit_fairness.site_gaps import gaps_over_sites, quoted

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_FEWEST_SITES = 2


def accept_site(*, data: Any, site: str = "", **_: Any) -> None:
    """Refuse a site that [data] groups does not name.

    Raises:
        AuditError: it is none of them.
    """
    if not isinstance(site, str):
        raise AuditError(f"option 'site' is '{site}'", hint='the name of a column: site = "hospital"')
    if site:
        accept_attributes(data, (site,))


def apply_to_sites(*, groups: Mapping[str, Any], site: str = "", **_: Any) -> None:
    """Refuse rows of one site, or of no site that is named.

    Raises:
        NotApplicable: they are.
    """
    if not site:
        raise NotApplicable(
            "no site is named: where, or with which device, a row was taken",
            hint='[data] groups = ["sex", "hospital"], and for this check site = "hospital"',
        )
    if site not in groups:
        hint = f"name one of: {', '.join(groups)}"
        raise NotApplicable("no protected attribute is named {site}", hint=hint, site=site)
    if np.count_nonzero(groups[site].counts()) < _FEWEST_SITES:
        raise NotApplicable("all rows are of one site", hint="name a column with two sites or more")


def _two_sites(_: np.random.Generator, *, gap: int, apart: bool) -> Case[Any]:
    """Two hospitals of 240 rows: at one 144 of 180 men and 48 of 60 women are ill, at the other a fifth of each.

    The model finds whoever is ill, but for so many women in sixty of either hospital. `apart`: women are mostly
    elsewhere than men; else they are spread alike and as many are ill at both.
    """
    sites = {"A": (180, 60), "B": (60, 180)} if apart else {"A": (120, 120), "B": (120, 120)}
    ill = {"A": 0.8, "B": 0.2} if apart else {"A": 0.5, "B": 0.5}
    rows: list[tuple[str, str, bool, bool]] = []
    for site, counts in sites.items():
        for sex, n in zip("MF", counts, strict=True):
            missed = round(gap * n / 60) if sex == "F" else 0
            rows += [
                (site, sex, place < round(ill[site] * n), missed <= place < round(ill[site] * n)) for place in range(n)
            ]
    chosen = np.array([row[3] for row in rows])
    return toy_case(
        ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label"),
        ["yes" if row[2] else "no" for row in rows],
        {"sex": [row[1] for row in rows], "hospital": [row[0] for row in rows]},
        positive="yes",
    )


_SEX = {"sex": "*"}
CONTROLS = (
    planted(
        "women are mostly at the hospital where few are ill, and a gap of 30 points is all the hospitals'",
        partial(_two_sites, gap=0, apart=True),
        every(
            near("pooled_selection_rate_difference", 0.3, group=_SEX),
            near("standardised_selection_rate_difference", 0.0, group=_SEX),
            above("site_carried_selection_rate_difference", 0.1, group=_SEX),
            above("site_group_association", 0.3, group=_SEX),
            above("site_target_association", 0.4),
        ),
        site="hospital",
    ),
    clean(
        "both hospitals are alike, and at both six women in sixty are not found",
        partial(_two_sites, gap=6, apart=False),
        every(
            near("standardised_selection_rate_difference", 0.1, group=_SEX),
            near("site_carried_selection_rate_difference", 0.0, group=_SEX),
            not_above("site_group_association", 0.0, group=_SEX),
            not_above("site_target_association", 0.0),
        ),
        site="hospital",
    ),
)


@check(
    "fairness.sites",
    on=(ClassScores, LabelScores),
    metrics=SITE_CARDS,
    accepts=accept_site,
    controls=CONTROLS,
    applies=apply_to_sites,
)
def sites(case: Case[Predicted], *, site: str = "") -> Iterator[Measurement | Table]:
    """Whether where rows come from goes with target and group, and with a gap.

    `site` names the attribute of `[data] groups` that says where, or with which device, a row was taken: the hospital,
    the ward, the scanner. Told are how common the target is at each site and in each group there, how far the site
    tells the target and the group, and the gap between groups with sites pooled and with sites held equal. A model that
    tells sites apart, as one of films can by a marker in the corner, is right by that where the target goes with the
    site. A site counts in the gaps of two groups where both have ten people in the denominator.
    """
    apply_to_sites(groups=case.groups, site=site)
    by_attribute = {one.name: one for one in groupings(case.groups, depth=1)}
    here = by_attribute.pop(site)
    asked = [one for one in questions(case, case.positives) if "selection_rate" in one.rates]
    found = _Sites(case, here)
    if case.has_targets:
        yield from found.of_target(asked)
    for grouping in by_attribute.values():
        yield from found.of_group(grouping, asked)
        for question in asked:
            yield from gaps_over_sites(case, here, grouping, question, found.who)


@dataclass(frozen=True)
class _Sites:
    """The rows of a case by site."""

    case: Case[Any]
    site: Grouping

    @cached_property
    def who(self) -> dict[str, Any]:
        """Weights and units of the rows, None where they say nothing."""
        known = self.site.codes >= 0
        known &= True if self.case.weights is None else self.case.weights > 0
        weights, units = telling(self.case.weights, None if self.case.units is None else self.case.units.codes, known)
        return {"weights": weights, "units": units}

    def of_target(self, asked: Sequence[Question]) -> Iterator[Measurement]:
        """How common the target is by site, and how far the site tells it."""
        for question in asked:
            yield from self._prevalences(question, self.site.codes, self.site.members)
        predictions, target = self.case.predictions, "site_target_association"
        if not isinstance(predictions, LabelScores):
            yield self._association(target, np.asarray(self.case.targets.codes), self.site)
            return
        for question in asked:
            flags = self.case.label_targets[:, predictions.labels.index(str(question.label))]
            yield self._association(target, flags.astype(np.int64), self.site, label=question.label)

    def of_group(self, grouping: Grouping, asked: Sequence[Question]) -> Iterator[Measurement | Table]:
        """How groups are spread over sites, and how common the target is in each group there."""
        yield self._association("site_group_association", grouping.codes, grouping)
        known, count = grouping.codes >= 0, len(grouping.members)
        of_sites = np.where(known, self.site.codes, -1)
        shares: dict[tuple[str, ...], list[Measurement]] = {}
        for place, member in enumerate(grouping.members):
            members = [{**one, **member} for one in self.site.members]
            for one in self._shares("group_share_at_site", of_sites, grouping.codes == place, members):
                shares.setdefault(tuple(one.group.values()), []).append(one)
        crossed = np.where(of_sites >= 0, of_sites * count + grouping.codes, -1)
        members = [{**one, **member} for one in self.site.members for member in grouping.members]
        for question in asked if self.case.has_targets else ():
            for one in self._prevalences(question, crossed, members):
                shares.setdefault(tuple(one.group.values()), []).append(one)
        yield from (one for cell in shares.values() for one in cell)
        labels = [one.label or "positive" for one in asked] if self.case.has_targets else []
        heads = [self.site.name, grouping.name, "share at the site", "interval"]
        heads += [word for label in labels for word in (label, "interval")]
        yield Table(
            title=Text.of(
                "Who is seen where, and what share of them is positive: {attribute} by {site}",
                attribute=grouping.name,
                site=self.site.name,
            ),
            columns=tuple(Text.of(head) for head in heads),
            rows=tuple(
                (*names, *(cell for one in shares[names] for cell in quoted(one)))
                for names in (tuple(one.values()) for one in members)
            ),
        )

    def _association(self, metric: str, other: Integers, of: Grouping, **about: Any) -> Measurement:
        """Cramér's V of the site with other codes [n], where -1 is missing; it is told of the groups of `of`."""
        weights, units = self.who["weights"], self.who["units"]
        kept = (self.site.codes >= 0) & (other >= 0)
        kept &= True if weights is None else weights > 0
        wide, mass = int(other.max(initial=0)) + 1, None if weights is None else weights[kept]
        cells = np.bincount(self.site.codes[kept] * wide + other[kept], mass, len(self.site.members) * wide)
        size = None
        if weights is not None or units is not None:
            # Kish's size over units: of several rows of one person no more is known than of one.
            owners = np.arange(len(kept)) if units is None else own_units(units)
            heavy = np.bincount(owners[kept], mass)
            size = float(heavy.sum() ** 2 / max(np.dot(heavy, heavy), 1))
        found = cramers_v(cells.reshape(-1, wide).astype(float), size=size, level=self.case.level)
        about |= {"metric": metric, "n": int(kept.sum()), "better": "lower", "conditions": {"strata": self.site.name}}
        about |= {"group": of.everyone, "compared": self._all_of(of, kept)}
        if found is None:
            return Measurement(value=None, undefined=Text.of("fewer than two sites, or nothing to tell apart"), **about)
        method = "noncentral chi-square, or linearised" + ("" if size is None else ", effective size")
        interval = Interval(low=found.low, high=found.high, level=self.case.level, method=method)
        return Measurement(value=found.value, interval=interval, **about)

    def _all_of(self, grouping: Grouping, kept: Flags) -> tuple[GroupCount, ...]:
        """Every group, with its people: each has a part in an association, however small it is."""
        codes = np.where(kept, grouping.codes, -1)
        count = len(grouping.members)
        people = people_of(codes, count, None if self.case.units is None else self.case.units.codes)
        sizes = np.bincount(codes[codes >= 0], minlength=count) if people is None else people
        pairs = zip(grouping.labels, sizes, strict=True)
        return tuple(GroupCount(label=label, n=int(n), compared=bool(n > 0)) for label, n in pairs)

    def _prevalences(
        self, question: Question, codes: Integers, members: Sequence[dict[str, str]]
    ) -> Iterator[Measurement]:
        known = np.isin(question.outcomes, RATES["accuracy"].among)
        wanted = np.isin(question.outcomes, RATES["true_positive_rate"].among)
        return self._shares("target_prevalence", np.where(known, codes, -1), wanted, members, label=question.label)

    def _shares(
        self, metric: str, codes: Integers, hits: Flags, members: Sequence[dict[str, str]], **about: Any
    ) -> Iterator[Measurement]:
        """The share of hits of each cell."""
        rate = RATES["selection_rate"]
        table = count_outcomes(codes, code_outcomes(hits), group_count=len(members), **self.who)
        shares, people = table.shares(rate, level=self.case.level), table.people(rate)
        low, high = shares.limits(self.case.level)
        for place, member in enumerate(members):
            of: dict[str, Any] = {"metric": metric, "group": member, "better": "target", "n": int(shares.n[place])}
            of |= about | ({"people": int(people[place])} if self.case.has_units else {})
            if of["n"] == 0:
                yield Measurement(value=None, undefined=Text.of("no rows here tell"), **of)
                continue
            ends = {"low": float(low[place]), "high": float(high[place])}
            interval = Interval(**ends, level=self.case.level, method=shares.method)
            yield Measurement(value=float(shares.value[place]), interval=interval, **of)
