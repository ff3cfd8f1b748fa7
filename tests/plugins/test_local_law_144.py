"""Local Law 144: the two examples that the rule itself gives, a published audit, and a case with every edge by hand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from auditkit import AuditError, ClassScores, NotApplicable, Quote, Table, Text, Values
from auditkit.checks.asking import ask
from auditkit.host import Host
from auditkit.options import OptionError, validate_options
from auditkit.statistics import OutcomeTable
from auditkit.testing import toy_case
from auditkit_fairness.law_counts import Tally
from auditkit_fairness.law_tables import SCORING, Categories, Said

CHECK = Host.installed().checks["fairness.local-law-144"]
BOTH = ("sex", "race")
DATA = SimpleNamespace(groups=BOTH, input=None)

# The example of selections in 6 RCNY 5-301(b): individuals and those selected, with the impact ratio that it prints.
# Its three tables are not about the same people: their sums differ.
RULE_SEX = {"Male": (1390, 667, "1.000"), "Female": (1181, 555, "0.979")}
RULE_RACE = {
    "Hispanic": (408, 204, "0.97"),
    "White": (797, 412, "1.00"),
    "Black": (390, 170, "0.84"),
    "Pacific": (119, 52, "0.85"),
    "Asian": (616, 302, "0.95"),
    "Native": (41, 18, "0.85"),
    "Two": (213, 96, "0.87"),
}
RULE_BOTH = {
    ("Male", "Hispanic"): (205, 90, "0.841"),
    ("Female", "Hispanic"): (190, 82, "0.827"),
    ("Male", "White"): (412, 215, "1.000"),
    ("Male", "Black"): (226, 95, "0.806"),
    ("Male", "Pacific"): (87, 37, "0.815"),
    ("Male", "Asian"): (321, 167, "0.997"),
    ("Male", "Native"): (24, 11, "0.878"),
    ("Male", "Two"): (115, 52, "0.866"),
    ("Female", "White"): (385, 197, "0.981"),
    ("Female", "Black"): (164, 75, "0.876"),
    ("Female", "Pacific"): (32, 15, "0.898"),
    ("Female", "Asian"): (295, 135, "0.877"),
    ("Female", "Native"): (17, 7, "0.789"),
    ("Female", "Two"): (98, 44, "0.860"),
}
# The example of scores in 6 RCNY 5-301(c): individuals and the scoring rate in percent, from which those above the
# median follow, with the impact ratio; 15 individuals more are of unknown category.
RULE_SCORES = {
    ("Male", "Hispanic"): (16, 75, "1.00"),
    ("Female", "Hispanic"): (12, 50, "0.67"),
    ("Male", "White"): (20, 35, "0.47"),
    ("Male", "Black"): (20, 50, "0.67"),
    ("Male", "Pacific"): (4, 75, "1.00"),
    ("Male", "Asian"): (12, 58.3, "0.78"),
    ("Male", "Native"): (8, 62.5, "0.83"),
    ("Male", "Two"): (12, 50, "0.67"),
    ("Female", "White"): (20, 40, "0.53"),
    ("Female", "Black"): (12, 50, "0.67"),
    ("Female", "Pacific"): (4, 50, "0.67"),
    ("Female", "Asian"): (12, 25, "0.33"),
    ("Female", "Native"): (8, 62.5, "0.83"),
    ("Female", "Two"): (8, 50, "0.67"),
}
RULE_SCORES_SEX = {"Male": "1.00", "Female": "0.82"}
RULE_SCORES_RACE = {
    "Hispanic": "1.00",
    "White": "0.58",
    "Black": "0.78",
    "Pacific": "0.97",
    "Asian": "0.65",
    "Native": "0.97",
    "Two": "0.78",
}


def asked(case, **options):
    given = {"sex": "sex", "race": "race", "data_kind": "historical"} | options
    return ask(CHECK, case, validate_options(CHECK.run, given, owner=CHECK.id))


def selected(cells, *, unknown=0):
    """A case of labels: of each (sex, race) so many individuals, and so many of them selected."""
    rows = [(s, r, place < hits) for (s, r), (n, hits, *_) in cells.items() for place in range(n)]
    rows += [(None, None, place % 2 == 0) for place in range(unknown)]
    chosen = np.array([hit for *_, hit in rows])
    groups = {"sex": [s for s, *_ in rows], "race": [r for _, r, _ in rows]}
    scores = np.column_stack([~chosen, chosen]).astype(float)
    return toy_case(ClassScores(("no", "yes"), scores, "label"), None, groups, positive="yes")


def scored(rows, **how):
    """A case of scores, from (sex, race, score)."""
    groups = {"sex": [s for s, *_ in rows], "race": [r for _, r, _ in rows]}
    return toy_case(Values(np.array([score for *_, score in rows], dtype=float)), None, groups, **how)


def found(readings, metric, names, conditions=()):
    return {
        tuple(one.group[name] for name in names): one
        for one in readings.measurements
        if one.metric == metric and set(one.group) == set(names) and one.conditions == dict(conditions)
    }


def values(readings, metric, names, **more):
    return {labels: one.value for labels, one in found(readings, metric, names, **more).items()}


def tables(readings):
    return [one for one in readings if isinstance(one, Table)]


@pytest.mark.parametrize(
    ("cells", "names"),
    [
        ({(label, "one"): numbers for label, numbers in RULE_SEX.items()}, ("sex",)),
        ({("one", label): numbers for label, numbers in RULE_RACE.items()}, ("race",)),
        (RULE_BOTH, BOTH),
    ],
)
def test_selections_of_the_rules_own_example(cells, names):
    readings = asked(selected(cells, unknown=250), exclude_below=0.0)
    ratios = values(readings, "impact_ratio", names)
    rates = values(readings, "selection_rate", names)
    assert len(ratios) == len(cells)
    for labels, (n, hits, printed) in cells.items():
        key = tuple(dict(zip(BOTH, labels, strict=True))[name] for name in names)
        assert rates[key] == pytest.approx(hits / n)
        assert f"{ratios[key]:.{len(printed) - 2}f}" == printed
    assert "250" in published(readings)["of unknown category, and in no table"]


def published(readings):
    table = tables(readings)[-1]
    return {str(row[0]): str(row[1]) for row in table.rows}


def test_scores_of_the_rules_own_example():
    rows = []
    for (sex, race), (n, percent, _) in RULE_SCORES.items():
        above = round(n * percent / 100)
        rows += [(sex, race, 60.0 + place) for place in range(above)]
        rows += [(sex, race, 40.0 - place) for place in range(n - above)]
    rows += [(None, None, 50.0)] * 15
    readings = asked(scored(rows), version="scoring")
    ratios = values(readings, "scoring_impact_ratio", BOTH)
    assert {key: f"{ratio:.2f}" for key, ratio in ratios.items()} == {
        key: printed for key, (*_, printed) in RULE_SCORES.items()
    }
    by_sex = values(readings, "scoring_impact_ratio", ("sex",))
    assert {label: f"{ratio:.2f}" for (label,), ratio in by_sex.items()} == RULE_SCORES_SEX
    by_race = values(readings, "scoring_impact_ratio", ("race",))
    assert {label: f"{ratio:.2f}" for (label,), ratio in by_race.items()} == RULE_SCORES_RACE
    assert published(readings)["median"].endswith("without them the impact ratios are the same")


# The audit of a candidate relevancy tool that ADP published in 2023 (BLDS, LLC; perma.cc/KF5Y-5XY7), as taken down by
# Gerchick et al. (2025), Auditing the audits, FAccT: individuals, scoring rate, impact ratio or None where excluded.
ADP_RACE = {
    "Asian": (97576, 0.470, 0.956),
    "Black": (278592, 0.465, 0.946),
    "Hispanic": (196581, 0.475, 0.965),
    "Two or more": (40542, 0.489, 0.994),
    "White": (385751, 0.492, 1.0),
    "Native American": (5050, 0.454, None),
    "Pacific": (4329, 0.487, None),
}
ADP_RACE_UNKNOWN = 439250
ADP_BOTH = {
    ("F", "Asian"): (40617, 0.484, 0.992),
    ("F", "Black"): (166039, 0.467, 0.957),
    ("F", "Hispanic"): (99243, 0.469, 0.962),
    ("F", "Two or more"): (22186, 0.488, 1.0),
    ("F", "White"): (196823, 0.485, 0.993),
    ("M", "Asian"): (51661, 0.461, 0.945),
    ("M", "Black"): (103143, 0.453, 0.928),
    ("M", "Hispanic"): (87864, 0.471, 0.965),
    ("M", "Two or more"): (14187, 0.471, 0.966),
    ("M", "White"): (183819, 0.486, 0.996),
    ("F", "Native American"): (2662, 0.447, None),
    ("M", "Native American"): (1749, 0.464, None),
    ("F", "Pacific"): (2240, 0.505, None),
    ("M", "Pacific"): (1706, 0.523, None),
}
ADP_BOTH_UNKNOWN = 447475


@pytest.mark.parametrize(
    ("names", "cells", "unknown", "exclude_below"),
    [
        (("race",), {(race,): numbers for race, numbers in ADP_RACE.items()}, ADP_RACE_UNKNOWN, 0.02),
        # They kept men of two or more races, who are 1%; the excluded men of the Pacific have the highest rate of all.
        (BOTH, ADP_BOTH, ADP_BOTH_UNKNOWN, 0.005),
    ],
)
def test_a_published_audit_is_recomputed(names, cells, unknown, exclude_below):
    counts = np.zeros((len(cells), 6), dtype=np.int64)
    for place, (n, rate, _) in enumerate(cells.values()):
        counts[place, 4:] = n - round(n * rate), round(n * rate)
    members = tuple(dict(zip(names, labels, strict=True)) for labels in cells)
    tally = Tally(names, members, OutcomeTable(counts), int(counts.sum()) + unknown)
    about = Said("historical", exclude_below, "", "", None, None)
    table = Categories.of(tally, SCORING, label=None, level=0.95, about=about, conditions={})
    measured = [one for one in table.readings() if getattr(one, "metric", "") == "scoring_impact_ratio"]
    for one, (_, _, ratio) in zip(measured, cells.values(), strict=True):
        # Their rates are rounded to three places, and so are off by 0.0005 / 0.49 in each part of a ratio.
        assert one.value == (None if ratio is None else pytest.approx(ratio, abs=0.0025))
    assert tally.unknown == unknown


EDGES = (
    *[(None, "A", 3)] * 20,
    *[("M", "A", 3)] * 30,
    *[("M", "A", 2)] * 30,
    *[("M", "A", 1)] * 20,
    *[("M", "B", 3)] * 10,
    *[("F", "B", 3)] * 10,
    *[("F", "B", 2)] * 37,
    *[("F", "B", 1)] * 20,
    *[("F", "C", 3)] * 3,
    *[("F", "D", 1)] * 20,
)
"""200 people. Their median is 2, which 67 of them have; 3 are C, 1.5% of all, who score highest; no D is above it."""


def test_every_edge_by_hand():
    readings = asked(scored(EDGES), version="scoring")
    assert values(readings, "scoring_rate", ("sex",)) == {("M",): 40 / 90, ("F",): 13 / 90}
    assert values(readings, "scoring_impact_ratio", ("sex",)) == {("M",): 1.0, ("F",): pytest.approx(13 / 40)}
    assert values(readings, "scoring_rate", ("race",)) == {("A",): 0.5, ("B",): 20 / 77, ("C",): 1.0, ("D",): 0.0}
    assert values(readings, "scoring_impact_ratio", ("race",)) == {
        ("A",): 1.0,
        ("B",): pytest.approx(40 / 77),
        ("C",): None,
        ("D",): 0.0,
    }
    assert values(readings, "scoring_impact_ratio", BOTH) == {
        ("M", "A"): pytest.approx(0.375),
        ("M", "B"): 1.0,
        ("F", "B"): pytest.approx(10 / 67),
        ("F", "C"): None,
        ("F", "D"): 0.0,
    }
    ratio = found(readings, "scoring_impact_ratio", ("race",))
    assert str(ratio["C",].undefined) == "excluded: under 2% of all individuals"
    assert ratio["B",].versus == {"race": "A"}
    told = published(readings)
    assert told["of unknown category, and in no table"] == "20 by sex, 0 by race, 20 by either"
    excluded = told["categories without an impact ratio"]
    assert excluded.startswith("2, each under 2% of all individuals: C; F \N{MULTIPLICATION SIGN} C. The justification")
    by_race = next(one for one in tables(readings) if str(one.title) == "Scores by race")
    row = next(row for row in by_race.rows if row[0] == "C")
    assert [cell.shows for cell in row if isinstance(cell, Quote)] == ["n", "hits", "value"]
    assert row[-2] == Text.of("excluded")


def test_median_of_known_categories_is_told_where_it_gives_other_ratios():
    """20 women with 1 to 20, 20 men with 11 to 30, 20 unknown with 100: the medians are 20.5 and 15.5."""
    rows = [("F", "one", score) for score in range(1, 21)] + [("M", "one", score) for score in range(11, 31)]
    readings = asked(scored([*rows, *[(None, "one", 100)] * 20]), version="scoring")
    other = {"median": "of known category alone"}
    assert values(readings, "scoring_rate", ("sex",)) == {("F",): 0.0, ("M",): 0.5}
    assert values(readings, "scoring_rate", ("sex",), conditions=other) == {("F",): 0.25, ("M",): 0.75}
    ratios = values(readings, "scoring_impact_ratio", ("sex",), conditions=other)
    assert ratios == {("F",): pytest.approx(1 / 3), ("M",): 1.0}
    assert "some impact ratios are others" in published(readings)["median"]
    assert not found(readings, "scoring_rate", ("race",), conditions=other)
    titles = [str(one.title) for one in tables(readings)]
    assert "Scores by sex, at the median of those of known category alone" in titles


def test_without_selections_or_a_second_category_there_is_no_ratio():
    readings = asked(selected({("F", "one"): (50, 0), ("M", "one"): (50, 0)}))
    by_sex = found(readings, "impact_ratio", ("sex",))
    assert {str(one.undefined) for one in by_sex.values()} == {"nobody was selected in any category: 0 / 0"}
    by_race = found(readings, "impact_ratio", ("race",))
    assert str(by_race["one",].undefined) == "fewer than two categories are left to compare"


def test_every_class_that_a_tool_assigns_has_its_tables():
    scores = np.tile(np.eye(3), (40, 1))
    groups = {"sex": ["F", "M"] * 60, "race": ["X", "X", "Y"] * 40}
    readings = asked(toy_case(ClassScores(("lead", "team", "lone"), scores, "label"), None, groups))
    titles = [str(one.title) for one in tables(readings)]
    assert {"Selection by sex, class lead", "Selection by sex \N{MULTIPLICATION SIGN} race, class lone"} <= set(titles)
    assert len(titles) == 3 * 3 + 1


def test_rows_are_counted_piece_by_piece_as_they_are_at_once():
    rng = np.random.default_rng(3)
    rows = 70_000  # more than a chunk
    scores = rng.normal(size=rows).round(1)
    sexes = rng.choice(np.array(["F", "M", None], dtype=object), rows)
    races = rng.choice(np.array(["A", "B"], dtype=object), rows)
    case = toy_case(Values(scores), None, {"sex": list(sexes), "race": list(races)})
    readings = asked(case, version="scoring")
    above = scores > np.median(scores)
    for sex in "FM":
        inside = sexes == sex
        assert values(readings, "scoring_rate", ("sex",))[sex,] == pytest.approx(above[inside].mean())
        assert found(readings, "scoring_rate", ("sex",))[sex,].n == inside.sum()


def test_rows_of_one_person_widen_the_intervals():
    rows = [(sex, "one", score) for sex in "FM" for score in range(60)]
    alone = asked(scored(rows), version="scoring")
    shared = asked(scored(rows * 2, units=list(range(120)) * 2), version="scoring")
    for names in (("sex",), BOTH):
        for label, one in found(alone, "scoring_rate", names).items():
            other = found(shared, "scoring_rate", names)[label]
            assert other.value == one.value
            assert other.interval.high - other.interval.low >= 0.99 * (one.interval.high - one.interval.low)


def test_weights_that_are_all_equal_are_none():
    plain = asked(scored(EDGES), version="scoring")
    assert asked(scored(EDGES, weights=[2.0] * len(EDGES)), version="scoring") == plain


@pytest.mark.parametrize(
    ("case", "options", "words"),
    [
        (scored(EDGES), {}, "selects nobody"),
        (scored(EDGES), {"sex": "gender"}, "none of the attributes"),
        (scored(EDGES, weights=[1.0, 2.0] * 100), {"version": "scoring"}, "weights"),
        (selected(RULE_BOTH), {"version": "scoring"}, "labels"),
    ],
)
def test_what_the_law_cannot_be_applied_to_is_said(case, options, words):
    with pytest.raises(NotApplicable, match=words):
        asked(case, **options)


def test_options_that_the_law_does_not_allow_are_refused():
    with pytest.raises(AuditError, match="categories under"):
        CHECK.accepts(data=DATA, sex="sex", race="race", exclude_below=0.05)
    with pytest.raises(AuditError, match="are both 'sex'"):
        CHECK.accepts(data=DATA, sex="sex", race="sex")
    with pytest.raises(OptionError, match="data_kind"):
        asked(scored(EDGES), data_kind="invented")


def test_what_the_auditor_says_stands_in_what_to_publish():
    readings = asked(
        selected(RULE_BOTH),
        audited="2026-11-20",
        distributed="2025-03-01",
        data_source="Applications of 2025.",
        because="too few to say anything",
    )
    told = published(readings)
    assert told["date of the audit"].startswith("2026-11-20")
    assert told["distribution date of the tool"] == "2025-03-01"
    assert told["data"] == "historical data. Applications of 2025."
    assert told["categories without an impact ratio"].endswith("Justification: too few to say anything")
