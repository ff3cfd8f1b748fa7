"""`fairness.name-swaps`: whether people are still found in texts when they are called by other people's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    Interval,
    Measurement,
    NotApplicable,
    Quote,
    Table,
    Text,
    TextFile,
    TokenLabels,
    check,
    clean,
    planted,
)
from auditkit.perturbation import refuse_none, refuse_recorded, sampled
from auditkit.statistics import Limits, TwoWay, clustered_limits
from auditkit.testing import above, every, near, not_above
from auditkit_fairness.cards.names import (
    DEALT_GAP,
    NAME_CARDS,
    NAME_MISLABELLED,
    NAME_RECALL,
    NAME_UNTAGGED,
    RECALL_GAP,
)
from auditkit_fairness.naming.asking import entities, has_name, persons, which_template
from auditkit_fairness.naming.crossed import Crossed, p_value
from auditkit_fairness.naming.families import GAPS, SHARES, Family
from auditkit_fairness.naming.lists import FEWEST_NAMES, NameList, read_file
from auditkit_fairness.naming.planted import ROWS, of_names
from auditkit_fairness.naming.renaming import read_templates

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_FEWEST = 10
"""Texts, or people: of fewer a number would tell too much of single ones."""
_METHOD = "wilson, bootstrap over texts and names"
_GAP_METHOD = "limits of the kinds of names combined"
_TOO_FEW = "in fewer than {least} texts somebody is named whose name could be swapped"
_ONE_KIND = "fewer than two kinds of names have {least} names that were asked about"
_NO_LENGTH = "the model does not say how many tokens a name has, or kinds of names have no length in common"


def accept_names(*, names: TextFile | None = None, templates: TextFile | None = None, **options: Any) -> None:
    """Refuse a file of names or templates that cannot be meant, lists that there are not, and no rows.

    Raises:
        AuditError: what is wrong.
    """
    refuse_none(options, "most_rows", "swaps")
    if templates is not None and templates.text is not None:
        read_templates(templates.text)
    if names is not None and names.text is None:
        return  # in a replay nobody has read it
    known = read_file(names)
    strange = next((name for name in options.get("lists", ()) if name not in known), None)
    if strange is not None:
        raise AuditError(f"option 'lists' names '{strange}'", hint=f"there are: {', '.join(known)}")


def asks_renamed(*, rows: int, most_rows: int, swaps: int, **_: Any) -> int:
    """Predictions beside those of the rows: eight kinds of names in the lists that are built in."""
    return 8 * swaps * min(rows, most_rows)


_QUICK: dict[str, Any] = {
    "lists": ("english",), "names": None, "templates": None, "label": "", "column": "", "most_rows": ROWS, "swaps": 1,
}  # fmt: skip
CONTROLS = (
    planted(
        "a model that overlooks half of the Black names in the list, and one in twenty of all others",
        of_names(missing=0.05, kind="Black", more=0.45),
        every(above(RECALL_GAP, 0.2, conditions={}), near(RECALL_GAP, 0.45, 0.12, conditions={})),
        **_QUICK,
    ),
    clean(
        "a model that overlooks one name in ten, whatever it suggests",
        of_names(missing=0.1),
        every(not_above(RECALL_GAP, 0.0, conditions={}), near(NAME_RECALL, 0.9, 0.06, conditions={})),
        **_QUICK,
    ),
)


@check(
    "fairness.name-swaps",
    on=TokenLabels,
    metrics=NAME_CARDS,
    accepts=accept_names,
    controls=CONTROLS,
    asks=asks_renamed,
)
def name_swaps(  # noqa: PLR0913  each is a key of the spec
    case: Case[TokenLabels],
    *,
    lists: tuple[str, ...] = (),
    names: TextFile | None = None,
    templates: TextFile | None = None,
    label: str = "",
    column: str = "",
    most_rows: int = 100,
    swaps: int = 2,
) -> Iterator[Measurement | Table]:
    """Whether people are found in texts as often when they are called by other names.

    Where a row's target says that somebody is named (`label`, or PERSON, PER, NAME), the name is swapped for names of
    each kind of a list, such as women's and men's, and the model is asked again, `swaps` times a row and kind.
    Lists in English and Chinese are built in; `names` is a file of others (TOML, or CSV with the columns name, one an
    attribute, and frequency), and `lists` says which are used. `templates` is a file of texts, a line each with {name}
    in it, that are asked about in place of the rows. At most `most_rows` rows are, drawn at random.

    It is counted how many names are found exactly, how many are not taken for persons, taken for something else, and
    not tagged; and how well all entities are found, exactly and by overlap. Kinds are compared with intervals over
    texts and names, at equal length of names in the model's tokens, and beside what names dealt out anew give.
    """
    refuse_recorded(case)
    told = templates.text or "" if templates is not None else None
    if told is None:
        if not case.has_truth:
            raise NotApplicable(
                "the data do not say where people are named, and no templates are given",
                hint='[data] target = "entities", or templates = "templates.txt" with {name} in each line',
            )
        named = np.flatnonzero(case.compute(has_name, label=label, column=column)).astype(np.int64)
        if len(named) < _FEWEST:
            raise NotApplicable(_TOO_FEW, least=_FEWEST)
        case = case.narrowed(named)
    case = sampled(case, most_rows)
    how = {"label": label, "column": column, "swaps": swaps, "templates": told, "is_csv": _is_csv(names)}
    how["names"] = None if names is None else names.text or ""
    found = [one for one in _asked(case, read_file(names), lists, how) if one is not None and one.contexts >= _FEWEST]
    if not found:
        raise NotApplicable(_TOO_FEW, least=_FEWEST)
    yield from _Told(case, found).everything()


def _is_csv(names: TextFile | None) -> bool:
    return names is not None and names.name.lower().endswith(".csv")


def _asked(
    case: Case[TokenLabels], known: dict[str, NameList], lists: Sequence[str], how: dict[str, Any]
) -> Iterator[Crossed | None]:
    for called in lists or known:
        # A replay has not read the file: what it asks for then is not in the evidence, which says so.
        listed = known.get(called) or next(iter(known.values()))
        answers = []
        for place in range(len(listed.kinds) * how["swaps"]):
            about = {"called": called, "place": place, **how}
            answers.append((case.compute(persons, **about), case.compute(entities, **about)))
        yield Crossed.of(listed, answers, _contexts(case, how["templates"]), _weights(case, how["templates"]))


def _contexts(case: Case[TokenLabels], templates: str | None) -> Integers:
    """[n]: which rows share a text, or are about one person."""
    if templates is not None:
        return np.asarray(case.compute(which_template, templates=templates))
    if case.units is None:
        return np.arange(len(case))
    codes = case.units.codes
    return np.where(codes >= 0, codes, codes.max(initial=0) + 1 + np.arange(len(codes)))


def _weights(case: Case[TokenLabels], templates: str | None) -> Floats | None:
    return None if templates is not None else case.weights


@dataclass(frozen=True)
class _Told:
    """What there is to tell of the answers with each list."""

    case: Case[TokenLabels]
    found: Sequence[Crossed]

    def everything(self) -> Iterator[Measurement | Table]:
        """All lists together, each kind of names, and how far kinds lie apart."""
        drawn = [one.drawn_again(self.case.rng(f"replicates of {one.names.called}")) for one in self.found]
        yield from self._overall(drawn)
        families = [
            Family.of(one, again, kinds, self.case.rng(f"deals of {one.names.called} {kinds.attribute}"))
            for one, again in zip(self.found, drawn, strict=True)
            for kinds in one.families()
        ]
        yield from self._gaps(families, {})
        for family in families:
            if family.kinds.labels:
                yield from self._kinds(family)

    def _overall(self, drawn: Sequence[TwoWay]) -> Iterator[Measurement]:
        n = int(sum(one.asked.sum() for one in self.found))
        people = sum(one.contexts for one in self.found)
        clusters = sum(min(one.contexts, int(np.count_nonzero(one.asked))) for one in self.found)
        everyone = TwoWay(
            *(sum(getattr(one, way).sum(axis=1) for one in drawn) for way in ("contexts", "stimuli", "answers"))
        )
        total = sum(one.by_name.sum(axis=0) for one in self.found)
        for metric, (share, better) in SHARES.items():
            value = float(share(total))
            limits = clustered_limits(
                value, float(everyone.variance(share)), clusters=clusters, n=n, level=self.case.level
            )
            yield self._share(metric, value, limits, better, n=n, people=people)

    def _share(self, metric: str, value: float, limits: Limits, better: Any, **about: Any) -> Measurement:
        ends = Interval(low=float(limits.low), high=float(limits.high), level=self.case.level, method=_METHOD)
        return Measurement(metric=metric, value=value, interval=ends, better=better, **about)

    def _kinds(self, family: Family) -> Iterator[Measurement | Table]:
        one, kinds = family.crossed, family.kinds
        for metric, (_, better) in SHARES.items():
            told = family.shares[metric]
            limits = one.limits(kinds, told.value, told.variance, level=self.case.level)
            for place, name in enumerate(kinds.labels):
                n = int(one.asked[kinds.codes == place].sum())
                about = {"n": n, "people": one.contexts, "conditions": {**family.about, "names": name}}
                ends = Limits(limits.low[place], limits.high[place])
                yield self._share(metric, float(told.value[place]), ends, better, **about)
        yield from self._gaps([family], family.about)
        yield _table(family)

    def _gaps(self, families: Sequence[Family], about: dict[str, str]) -> Iterator[Measurement]:
        """The widest of some families' gaps, with an interval for all their pairs."""
        compared = [one for one in families if one.kinds.pairs]
        if not compared:
            why = Text.of(_ONE_KIND, least=FEWEST_NAMES)
            for metric in (*GAPS, DEALT_GAP):
                yield Measurement(metric=metric, value=None, n=0, undefined=why, conditions=about)
            return
        for metric in GAPS:
            yield self._gap(metric, [one for one in compared if metric in one.apart], about)
        n, people = sum(one.n for one in compared), max(one.crossed.contexts for one in compared)
        dealt = float(np.max([one.dealt[RECALL_GAP] for one in compared], axis=0).mean())
        where: dict[str, Any] = {"n": n, "people": people, "conditions": about}
        yield Measurement(metric=DEALT_GAP, value=dealt, exact=True, better="target", **where)

    def _gap(self, metric: str, families: Sequence[Family], about: dict[str, str]) -> Measurement:
        if not families:
            return Measurement(metric=metric, value=None, n=0, undefined=Text.of(_NO_LENGTH), conditions=about)
        pairs = sum(one.kinds.pairs for one in families)
        dealt = np.max([one.dealt[metric] for one in families], axis=0)
        gaps = []
        for one in families:
            told = one.apart[metric]
            chance = p_value(float(np.ptp(told.value)), dealt)
            gaps.append(one.crossed.gap(one.kinds, told, chance=chance, level=self.case.level, comparisons=pairs))
        value = max(gap.value for gap in gaps)
        low, high = min(max(gap.low for gap in gaps), value), max(gap.high for gap in gaps)
        words = _GAP_METHOD + (", all pairs" if pairs > 1 else "")
        ends = Interval(low=low, high=high, level=self.case.level, method=words, simultaneous=pairs > 1)
        n, people = sum(gap.n for gap in gaps), max(gap.contexts for gap in gaps)
        return Measurement(metric=metric, value=value, n=n, people=people, interval=ends, conditions=about)


def _table(family: Family) -> Table:
    """A line a kind of names."""
    columns = ("names", "texts asked about", "found exactly", "interval", "taken for something else", "not tagged")
    rows = []
    for name in family.kinds.labels:
        about: dict[str, Any] = {"conditions": {**family.about, "names": name}}
        found = [Quote(metric=NAME_RECALL, shows=what, **about) for what in ("n", "value", "interval")]
        rows.append((name, *found, *(Quote(metric=metric, **about) for metric in (NAME_MISLABELLED, NAME_UNTAGGED))))
    title = "How names of the list '{list}' are found, by {attribute}"
    return Table(
        title=Text.of(title, list=family.crossed.names.called, attribute=family.kinds.attribute),
        columns=tuple(map(Text.of, columns)),
        rows=tuple(rows),
        prominent=True,
    )
