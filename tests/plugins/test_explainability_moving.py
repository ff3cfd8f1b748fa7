"""Neighbours of rows as any model is given them: by hand, and held to captum's sensitivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit import ClassScores, NotApplicable, Values
from auditkit.checks.asking import ask
from auditkit.perturbation import marks
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import KERNEL_SHAP, OCCLUSION
from auditkit_explainability.judged.keeping import moves
from auditkit_explainability.judged.moving import beside
from auditkit_explainability.judged.qualities import BY_CHANCE, OWN
from auditkit_explainability.pieces import pieces_of
from auditkit_explainability.stability import stability

EFFORT = {"neighbours": 3, "radius": 0.02, "column": ""}
WEIGHTS = np.array([2.0, -1.0, 0.5])


@dataclass(frozen=True)
class Sum:
    """A weighted sum of three columns, and no gradients."""

    def predict(self, table):
        return Values(table[["a", "b", "c"]].to_numpy(dtype=float) @ WEIGHTS)


def a_table(rows=20):
    rng = np.random.default_rng(4)
    return pd.DataFrame({name: rng.normal(size=rows) for name in "abc"})


def case_of(model, inputs):
    return with_model(toy_case(model.predict(inputs), inputs=inputs), model)


def draws(count, seed=0):
    return [np.random.default_rng([seed, row]) for row in range(count)]


def test_numbers_move_by_a_part_of_their_columns_range_and_all_else_stays():
    table = pd.DataFrame({
        "age": [20, 50, 120], "height": [1.0, 2.0, np.nan], "sex": ["f", "m", "f"], "smokes": [True, False, True],
    })  # fmt: skip
    case = toy_case(ClassScores(("no", "yes"), np.full((3, 2), 0.5)), inputs=table)
    near, away = beside(pieces_of(case), draws(3), 0.1)
    made = near.table
    assert made["age"].dtype == table["age"].dtype
    assert (made["age"] - table["age"]).abs().max() in range(1, 11)
    assert made["age"].between(20, 120).all()
    assert (made["height"] - table["height"])[:2].abs().max() <= 0.1
    assert np.isnan(made["height"][2])
    assert made[["sex", "smokes"]].equals(table[["sex", "smokes"]])
    of_age, of_height = ((made[name] - table[name]) / table[name] for name in ("age", "height"))
    np.testing.assert_allclose(away, np.hypot(of_age, of_height.fillna(0.0)))
    # What is typical stays, whatever moves.
    assert near.typical == pieces_of(case).typical


def test_numbers_that_a_file_holds_as_texts_move_too():
    """Cells of a CSV file are texts: rows of which nothing moved would have perfectly steady explanations."""
    table = pd.DataFrame({
        "age": pd.Series(["20", "50", "120"], dtype=object), "height": pd.Series(["1.0", "2.5", None], dtype=object),
        "sex": ["f", "m", "f"],
    })  # fmt: skip
    case = toy_case(ClassScores(("no", "yes"), np.full((3, 2), 0.5)), inputs=table)
    near, away = beside(pieces_of(case), draws(3), 0.1)
    made = near.table
    assert all(isinstance(cell, str) for cell in made["age"])
    assert {float(cell).is_integer() for cell in made["age"]} == {True}
    assert made["age"].tolist() != table["age"].tolist()
    assert made["height"][0] != "1.0"
    assert made["height"][2] is None
    assert made["sex"].equals(table["sex"])
    assert (away[:2] > 0).all()


def test_pixels_move_by_whole_steps_and_stay_between_black_and_white():
    grey = np.array([[0, 255], [100, 50]], dtype=np.uint8)
    cells = pd.Series([grey, grey], dtype=object)
    case = toy_case(ClassScores(("no", "yes"), np.full((2, 2), 0.5)), inputs=cells)
    near, away = beside(pieces_of(case, most=4), draws(2), 0.04)
    for row, made in enumerate(near.pixels):
        moved = made.astype(int) - grey
        assert 0 < np.abs(moved).max() <= 10
        relative = [moved[0, 0] / 255 / 1e-4, moved[0, 1] / 255, moved[1, 0] / 100, moved[1, 1] / 50]
        assert away[row] == pytest.approx(np.linalg.norm(relative))


def test_texts_have_no_such_neighbours():
    texts = pd.Series(["a cough for days", "no fever at all"], dtype=object)
    case = toy_case(ClassScores(("no", "yes"), np.full((2, 2), 0.5)), inputs=texts)
    with pytest.raises(NotApplicable, match="another text"):
        beside(pieces_of(case), draws(2), 0.02)


@pytest.mark.parametrize("method", [OCCLUSION, KERNEL_SHAP])
def test_sensitivity_of_a_sum_is_captums(method):
    """Of a sum either method finds weight times distance; captum has it by its own ablation, of the same neighbours."""
    from captum.attr import FeatureAblation
    from captum.metrics import sensitivity_max

    case = case_of(Sum(), a_table())
    found = moves(case, method=method, named=True, effort=EFFORT)
    typical = torch.tensor([list(pieces_of(case).typical.values())])
    rngs = [case.rng(f"neighbours {name}") for name in marks(case.inputs)]
    near = [torch.tensor(beside(pieces_of(case), rngs, 0.02)[0].table.to_numpy()) for _ in range(3)]
    ablation = FeatureAblation(lambda shown: shown @ torch.tensor(WEIGHTS))
    theirs = sensitivity_max(
        lambda shown: ablation.attribute(shown, baselines=typical.expand(len(shown), -1)),
        torch.tensor(case.inputs.to_numpy()),
        # captum asks for all neighbours of a row one after the other.
        perturb_func=lambda _: torch.stack(near, 1).flatten(0, 1),
        n_perturb_samples=3,
    )
    np.testing.assert_allclose(found[OWN][0], theirs.numpy(), rtol=1e-6)
    assert (found[BY_CHANCE][0] > found[OWN][0]).mean() > 0.8
    # The output moves by the sum of what the pieces do, and a value has no decision that could turn.
    moved = [(one.numpy() - case.inputs.to_numpy()) @ WEIGHTS for one in near]
    own = (case.inputs.to_numpy() - typical.numpy()) * WEIGHTS
    each = [np.linalg.norm((one.numpy() - case.inputs.to_numpy()) * WEIGHTS / own, axis=1) for one in near]
    wanted = np.max([part / np.maximum(np.abs(by), 1e-4) for part, by in zip(each, moved, strict=True)], axis=0)
    sure = np.abs(own).min(axis=1) > 1e-4
    np.testing.assert_allclose(found[OWN][2][sure], wanted[sure], rtol=1e-6)


def test_a_model_without_gradients_is_held_to_its_neighbours_by_occlusion_alone():
    found = ask(stability, case_of(Sum(), a_table()), {"neighbours": 3})
    line = next(table for table in found if hasattr(table, "rows"))
    assert [str(row[0]) for row in line.rows] == [OCCLUSION]
    assert found.value("max_sensitivity", conditions={"method": OCCLUSION}) < 0.3
