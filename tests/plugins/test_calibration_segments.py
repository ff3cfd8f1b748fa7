"""`calibration.multicalibration`: which segments are looked at, what is said of them, and what is withheld."""

from typing import Any

import numpy as np
import pytest

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, NotApplicable, Table, Text
from auditkit.statistics.calibration import cumulative_error
from auditkit.testing import toy_case
from auditkit_calibration.known_cases import group_overconfident, groups_calibrated
from auditkit_calibration.multicalibration import multicalibration_error

METRIC = "multicalibration_error"
FIRST, CHANCE = 0, 1
TIMES = " \N{MULTIPLICATION SIGN} "


def case_of(rows: int = 1200, *, off: float = 0.0, seed: int = 3, **fields: Any) -> Case[ClassScores]:
    """Two attributes; the probability of F and old is too low by `off`."""
    rng = np.random.default_rng(seed)
    scores = rng.uniform(0.1, 0.8, rows)
    sex, band = rng.choice(["F", "M"], rows), rng.choice(["mid", "old", "young"], rows)
    chance = scores + off * ((sex == "F") & (band == "old"))
    targets = np.where(rng.random(rows) < chance, "yes", "no").tolist()
    groups = fields.pop("groups", {"sex": sex.tolist(), "band": band.tolist()})
    given = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    return toy_case(given, targets, groups, **{"positive": "yes", **fields})


def said(case: Case[Any], **options: Any) -> tuple[dict[Any, Measurement], list[Table]]:
    readings = list(multicalibration_error(case, **options))
    measured = {tuple(one.group): one for one in readings if isinstance(one, Measurement)}
    return measured, [one for one in readings if isinstance(one, Table)]


def test_a_crossing_that_is_off_is_found_named_and_told_by_its_own_attributes() -> None:
    measured, tables = said(case_of(off=0.2))
    assert str(tables[FIRST].rows[0][1]) == f"F{TIMES}old"
    assert tables[FIRST].rows[0][7] == pytest.approx(0.001)
    assert {who: one.interval.low > 0 for who, one in measured.items() if one.interval} == {
        (): True, ("sex",): False, ("band",): False, ("sex", "band"): True,
    }  # fmt: skip
    assert measured[()].value == measured["sex", "band"].value


def test_of_a_calibrated_model_nothing_is_called_wrong() -> None:
    measured, tables = said(case_of(off=0.0))
    assert all(one.interval is not None and one.interval.low == 0.0 for one in measured.values())
    assert min(row[7] for row in tables[FIRST].rows if isinstance(row[7], float)) > 0.05


def test_numbers_of_a_row_are_those_of_the_segment() -> None:
    case = case_of(off=0.1)
    _, tables = said(case)
    (table,) = (one for one in tables if one.attributes == ("sex",))
    name, n, mean, came, error, _, _, _ = table.rows[0]
    inside = np.asarray(case.groups["sex"].codes) == case.groups["sex"].vocabulary.index(str(name))
    scores, came_true = case.predictions.scores[inside, 1], case.targets.codes[inside] == 1
    assert n == np.count_nonzero(inside)
    assert [mean, came] == pytest.approx([scores.mean(), came_true.mean()])
    alone = cumulative_error(scores, came_true)
    assert alone is not None
    assert error == pytest.approx(alone.spread)


def test_segments_are_groups_crossings_bands_and_groups_in_bands() -> None:
    _, tables = said(case_of(), score_bands=2)
    by = {one.attributes: [str(row[0]) for row in one.rows] for one in tables[2:]}
    assert by == {
        (): ["all rows", "band 1 of 2", "band 2 of 2"],
        ("sex",): ["F", "M", *(f"{sex}{TIMES}band {band} of 2" for sex in "FM" for band in (1, 2))],
        ("band",): [
            "mid", "old", "young",
            *(f"{age}{TIMES}band {band} of 2" for age in ("mid", "old", "young") for band in (1, 2)),
        ],
        ("sex", "band"): [f"{sex}{TIMES}{age}" for sex in "FM" for age in ("mid", "old", "young")],
    }  # fmt: skip
    _, tables = said(case_of(), score_bands=1, depth=1)
    assert [one.attributes for one in tables[2:]] == [(), ("sex",), ("band",)]
    assert [str(row[0]) for row in tables[2].rows] == ["all rows"]


def test_small_segments_are_not_looked_at_and_say_so() -> None:
    groups = {"sex": ["F"] * 20 + ["M"] * 580 + ["other"] * 600}
    measured, tables = said(case_of(groups=groups))
    assert [(part.label, part.n, part.compared) for part in measured["sex",].compared] == [
        ("F", 20, False), ("M", 580, True), ("other", 600, True),
    ]  # fmt: skip
    assert measured["sex",].n == 1180
    assert not any("F" in str(row[0]).split(TIMES) for table in tables[2:] for row in table.rows)


def test_a_policy_of_tiny_groups_still_looks_at_ten_people_or_more() -> None:
    measured, _ = said(case_of(groups={"sex": ["F"] * 9 + ["M"] * 1191}, min_group_size=1))
    assert [part.compared for part in measured["sex",].compared] == [False, True]


def test_a_single_small_band_of_a_group_takes_another_with_it() -> None:
    # Of F nine lie in the upper half of all scores, and could be had from F less its lower half; of M in the lower.
    rng = np.random.default_rng(0)
    low, high = rng.uniform(0, 0.4, 200), rng.uniform(0.6, 1, 200)
    scores = np.concatenate([low[:191], high[:9], low[191:], high[9:]])
    groups = {"sex": ["F"] * 200 + ["M"] * 200, "ward": ["a", "b"] * 200}
    targets = np.where(rng.random(400) < scores, "yes", "no").tolist()
    given = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    _, tables = said(toy_case(given, targets, groups, positive="yes", min_group_size=1), score_bands=2)
    named = {one.attributes: [row[0] for row in one.rows] for one in tables[2:]}
    assert named["sex",] == ["F", "M"]
    assert named["ward",][2:] == [f"{ward}{TIMES}band {band} of 2" for ward in "ab" for band in (1, 2)]


def test_people_count_where_rows_share_them() -> None:
    groups = {"sex": ["F"] * 600 + ["M"] * 600}
    units = [*(f"f{row % 20}" for row in range(600)), *(f"m{row % 300}" for row in range(600))]
    measured, tables = said(case_of(groups=groups, units=units))
    assert [(part.n, part.compared) for part in measured["sex",].compared] == [(20, False), (300, True)]
    names = {str(row[0]) for table in tables[2:] for row in table.rows}
    assert "M" in names
    assert "F" not in names


def test_without_groups_everybody_and_bands_are_looked_at() -> None:
    measured, tables = said(case_of(groups={}))
    assert list(measured) == [()]
    assert [str(row[0]) for row in tables[2].rows][:2] == ["all rows", "band 1 of 5"]


def test_the_most_that_chance_shows_stands_beside_what_was_found() -> None:
    _, tables = said(case_of())
    numbers = [row[1] for row in tables[CHANCE].rows]
    mean, high, here, shift, sigmas, draws = (float(str(number)) for number in numbers)
    assert mean < high
    assert here < high
    assert draws == 999
    # Five standard errors of all rows, by hand: 5 sqrt(sum p (1 - p)) / n
    scores = case_of().predictions.scores[:, 1]
    assert sigmas == pytest.approx(5 * np.sqrt((scores * (1 - scores)).sum()) / 1200)
    assert 0 < shift < sigmas


def test_the_controls_are_what_they_say() -> None:
    rng = np.random.default_rng(0)
    for factory, off in ((group_overconfident(), 0.1), (groups_calibrated(), 0.0)):
        case = factory(rng)
        inside = np.asarray(case.groups["group"].codes) == 1
        residual = (case.targets.codes == 1) - case.predictions.scores[:, 1]
        assert residual[~inside].mean() == pytest.approx(0.0, abs=1e-9)
        assert -residual[inside].mean() == pytest.approx(off, abs=0.05)


@pytest.mark.parametrize("options", [{"score_bands": 0}, {"score_bands": 21}, {"depth": 0}])
def test_options_that_make_no_sense_are_refused(options: dict[str, int]) -> None:
    with pytest.raises(AuditError, match=next(iter(options))):
        said(case_of(60), **options)


def test_scores_that_are_no_probabilities_and_rows_without_a_target() -> None:
    with pytest.raises(NotApplicable, match="no probabilities"):
        said(toy_case(ClassScores(("no", "yes"), np.eye(2), "score"), ["no", "yes"]))
    given = ClassScores(("no", "yes"), np.full((3, 2), 0.5))
    measured, _ = said(
        toy_case(given, ["no", "yes", None], {"sex": ["F"] * 3}, weights=[0.0, 0.0, 1.0], positive="yes")
    )
    assert measured[()].undefined == Text.of("every row with a target has weight 0")


def test_of_several_labels_the_one_that_is_off_for_a_group_is_found_and_no_other() -> None:
    rng = np.random.default_rng(8)
    scores, sex = rng.uniform(0.3, 0.9, (1200, 2)), np.array(["F", "M"] * 600)
    true = scores - np.column_stack([0.25 * (sex == "F"), np.zeros(1200)])
    flags = rng.random((1200, 2)) < true
    case = toy_case(LabelScores(("cough", "fever"), scores), flags.tolist(), {"sex": sex.tolist()})
    found = {
        (one.label, *one.group.values()): one for one in multicalibration_error(case) if isinstance(one, Measurement)
    }
    assert set(found) == {("cough",), ("cough", "*"), ("fever",), ("fever", "*")}
    assert all(found["cough", *group].interval.low > 0 for group in ((), ("*",)))  # type: ignore[union-attr]
    assert all(found["fever", *group].interval.low == 0 for group in ((), ("*",)))  # type: ignore[union-attr]
