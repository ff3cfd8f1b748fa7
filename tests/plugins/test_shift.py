"""The checks of shift: what they say of cases that can be worked by hand, of texts, pictures, groups and few rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from auditkit import AuditError, ClassScores, LabelScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_shift.columns import columns
from auditkit_shift.joint import joint
from auditkit_shift.periods import periods
from auditkit_shift.planted import Coin
from auditkit_shift.predictions import predictions
from auditkit_shift.reading import columns_of


def coin(rows):
    return ClassScores(("no", "yes"), np.full((rows, 2), 0.5))


def case_of(audit, reference, groups=(None, None), **about):
    sides = []
    for table, named in zip((audit, reference), groups, strict=True):
        made = toy_case(coin(len(table)), None, named, inputs=table, positive="yes", **about)
        given = tuple(table.columns) if hasattr(table, "columns") else (table.name,)
        sides.append(replace(made, settings=replace(made.settings, given=given)))
    return with_model(with_splits(sides[0], reference=sides[1]), Coin())


def titles(found):
    return [str(one.title) for one in found if isinstance(one, Table)]


def ages(rows, *, add=0.0, missing=0):
    draw = np.random.default_rng([rows, missing])
    age = draw.normal(50, 10, rows) + add
    age[:missing] = np.nan
    return pd.DataFrame(
        {"age": age, "ward": pd.Series([("a", "b", "b")[row % 3] for row in range(rows)], dtype=object)}
    )


# Columns.


def test_a_column_of_numbers_is_compared_as_scipy_does():
    audit, reference = ages(150, add=5), ages(400)
    found = ask(columns, case_of(audit, reference), {"cells": 10})
    about = {"conditions": {"column": "age"}}
    expected = stats.ks_2samp(audit["age"], reference["age"])
    assert found.value("ks_distance", **about) == pytest.approx(expected.statistic)
    cuts = np.quantile(reference["age"], np.arange(1, 10) / 10, method="inverted_cdf")
    shares = [
        np.bincount(np.searchsorted(cuts, one["age"], "left"), minlength=10) / len(one) for one in (reference, audit)
    ]
    index = np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0]))
    assert found.value("population_stability_index", **about) == pytest.approx(index)
    assert found.of("ks_distance", conditions={"column": "ward"}) == ()


def test_missing_cells_are_no_cell_and_are_told_of():
    found = ask(columns, case_of(ages(100, missing=40), ages(100)), {"cells": 10})
    (missing,) = found.of("missing_rate_difference", conditions={"column": "age"})
    assert missing.value == pytest.approx(0.4)
    assert 0.25 < missing.interval.low < 0.4 < missing.interval.high
    (index,) = found.of("population_stability_index", conditions={"column": "age"})
    assert index.n == 60


def test_few_cells_say_nothing():
    found = ask(columns, case_of(ages(29), ages(100)), {"cells": 10})
    (largest,) = found.of("largest_population_stability_index", group={})
    assert largest.value is None
    assert "fewer" in str(largest.undefined) or "no column" in str(largest.undefined)


def test_groups_are_columns_too_and_each_has_a_largest_index():
    sexes = [["F" if row % 4 == 0 else "M" for row in range(160)], ["F" if row % 2 else "M" for row in range(160)]]
    audit = ages(160)
    audit.loc[np.array(sexes[0]) == "M", "age"] += 25
    found = ask(columns, case_of(audit, ages(160), [{"sex": one} for one in sexes]), {"cells": 4})
    assert found.value("population_stability_index", conditions={"column": "sex"}) == pytest.approx(0.25 * np.log(3))
    women, men = (found.of("largest_population_stability_index", group={"sex": one})[0] for one in "FM")
    assert women.interval.low == 0
    assert men.interval.low > 0.25


def test_texts_are_compared_by_their_length():
    short, long = ([f"seen on day {row} with {'fever and ' * times}cough" for row in range(60)] for times in (1, 4))
    audit, reference = (pd.Series(texts, dtype=object, name="note") for texts in (long, short))
    case = case_of(audit, reference)
    assert [one.name for one in columns_of(case)] == ["note: characters", "note: words"]
    found = ask(columns, case, {"cells": 10})
    assert found.value("ks_distance", conditions={"column": "note: words"}) == pytest.approx(1.0)
    told = ask(joint, case, {"most_rows": 60})
    assert told.of("sample_telling_auc")[0].interval.low > 0.9


def test_pictures_are_compared_by_what_a_scanner_changes():
    draw = np.random.default_rng(1)
    sides = []
    for brighter in (60, 0):
        cells = np.empty(40, dtype=object)
        cells[:] = [draw.integers(0, 190, (12, 10), dtype=np.uint8) + np.uint8(brighter) for _ in range(40)]
        sides.append(pd.Series(cells, dtype=object, name="film"))
    found = ask(columns, case_of(*sides), {"cells": 10})
    about = {column: {"conditions": {"column": f"film: {column}"}} for column in ("brightness", "contrast", "width")}
    assert found.value("ks_distance", **about["brightness"]) == 1.0
    assert found.of("ks_distance", **about["contrast"])[0].interval.low == 0
    assert found.of("population_stability_index", **about["width"])[0].interval.low == 0


def test_splits_without_a_column_in_common_are_not_compared():
    case = case_of(pd.DataFrame({"age": np.arange(40.0)}), pd.DataFrame({"weight": np.arange(40.0)}))
    with pytest.raises(NotApplicable, match="no column in common"):
        ask(columns, case, {"cells": 10})


def test_without_a_reference_there_is_nothing_to_compare():
    with pytest.raises(NotApplicable, match="rows"):
        ask(columns, toy_case(coin(40)), {"cells": 10})


# Whole rows.


def test_the_models_own_vectors_are_taken_where_it_makes_any():
    class Seer(Coin):
        def embed(self, inputs):
            return np.column_stack([inputs["age"], inputs["age"] ** 2])

    case = case_of(ages(60, add=12), ages(60))
    found = ask(joint, with_model(case, Seer()), {"most_rows": 60})
    assert "the model's own vectors" in titles(found)[0]
    assert found.of("mmd_squared")[0].interval.low > 0
    case = case_of(ages(60, add=12), ages(60))
    assert "the columns of the rows" in titles(ask(joint, case, {"most_rows": 60}))[0]


# Answers.


def scored(yes, true=None, **about):
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), true, positive="yes", **about)


def test_scores_and_shares_are_compared():
    draw = np.random.default_rng(2)
    before, now = draw.uniform(size=200), draw.uniform(size=100) ** 2
    sides = [scored(one, np.where(one > 0.5, "yes", "no").tolist()) for one in (now, before)]
    found = ask(predictions, with_splits(sides[0], reference=sides[1]), {})
    assert found.value("score_ks_distance") == pytest.approx(stats.ks_2samp(now, before).statistic)
    share = np.mean(now > 0.5) - np.mean(before > 0.5)
    assert found.value("label_share_difference") == pytest.approx(share)
    assert found.value("estimated_label_share_difference") == pytest.approx(share)  # it decides without an error


@pytest.mark.parametrize(
    ("kind", "labels"), [(Values, [None]), (LabelScores, ["cough", "fever"])], ids=["numbers", "labels"]
)
def test_other_answers_are_compared(kind, labels):
    draw = np.random.default_rng(3)
    sides = [
        toy_case(
            Values(draw.normal(size=60)) if kind is Values else LabelScores(("cough", "fever"), draw.random((60, 2)))
        )
        for _ in range(2)
    ]
    found = ask(predictions, with_splits(sides[0], reference=sides[1]), {})
    assert [one.label for one in found.of("score_ks_distance")] == labels


# Periods.


def followed(rows, per, right, **about):
    yes = np.where(np.arange(rows) % 2 == 0, 0.8, 0.2)
    true = np.where((yes > 0.5) == right, "yes", "no").tolist()
    case = scored(yes, true, period=per, **about)
    return ask(periods, case, {"every": about.pop("every", "month")})


def test_months_are_told_and_few_rows_left_out():
    right = np.concatenate([np.ones(40, bool), np.arange(40) % 4 != 0, np.ones(5, bool)])
    when = ["2024-12-31"] * 40 + ["2025-01-01T09:30"] * 40 + ["2025-02-01"] * 5
    found = followed(85, when, right)
    by_month = {one.conditions["period"]: one.value for one in found.of("accuracy")}
    assert by_month == {"2024-12": 1.0, "2025-01": 0.75}
    assert found.value("accuracy_trend") == pytest.approx(-0.25)
    assert found.value("accuracy_period_gap") == pytest.approx(0.25)
    assert "1 of too few" in titles(found)[0]


def test_quarters_and_years_are_made_of_dates():
    when = ["2024-11-05"] * 40 + ["2025-02-05"] * 40
    case = scored(np.tile([0.8, 0.2], 40), ["yes", "no"] * 40, period=when)
    for every, names in (("quarter", ["2024 Q4", "2025 Q1"]), ("year", ["2024", "2025"])):
        found = ask(periods, case, {"every": every})
        assert [one.conditions["period"] for one in found.of("accuracy")] == names


def test_labels_are_periods_in_their_order():
    found = followed(120, ["10"] * 40 + ["2"] * 40 + ["1"] * 40, np.repeat([True, True, False], 40))
    assert [one.conditions["period"] for one in found.of("accuracy")] == ["1", "2", "10"]
    assert found.value("accuracy_trend") == pytest.approx(1.0)


def test_one_period_has_nothing_to_be_compared_with():
    found = followed(40, ["2025-01-01"] * 40, np.ones(40, bool))
    assert found.of("accuracy_trend")[0].value is None


def test_too_many_periods_are_refused():
    with pytest.raises(NotApplicable, match="are followed"):
        followed(400, [f"wave {row}" for row in range(400)], np.ones(400, bool))


def test_units_are_counted_and_groups_have_their_own_trend():
    right = np.concatenate([np.ones(80, bool), np.arange(80) % 4 < 2])
    when = ["2025-01-01"] * 80 + ["2025-02-01"] * 80
    found = followed(
        160,
        when,
        right,
        units=[str(row // 2) for row in range(160)],
        groups={"site": [("A", "B")[row % 2] for row in range(160)]},
    )
    assert [one.people for one in found.of("accuracy")] == [40, 40]
    trends = {one.group.get("site"): one.value for one in found.of("accuracy_trend")}
    assert trends == pytest.approx({None: -0.5, "A": -0.5, "B": -0.5})


def test_numbers_have_their_errors_followed():
    truth = np.tile(np.arange(40.0), 2)
    said = truth + np.repeat([1.0, -2.0], 40)
    case = toy_case(Values(said), truth=Values(truth), period=["2025-01-01"] * 40 + ["2025-02-01"] * 40)
    found = ask(periods, case, {"every": "month"})
    assert found.value("mean_absolute_error_trend") == pytest.approx(1.0)
    assert found.value("mean_error_trend") == pytest.approx(-3.0)


@pytest.mark.parametrize("cells", [-1, 0, 1, 101])
def test_cells_between_which_nothing_can_move_are_refused(cells):
    with pytest.raises(AuditError, match=f"option 'cells' is {cells}"):
        columns.accepts(cells=cells)
