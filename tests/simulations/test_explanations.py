"""Explanations of models whose reasons are known, over 20 seeds: which are marked, and which pass."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from auditkit import ClassScores, Encoded, Table, Unit
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import GRADIENT_INPUT, OCCLUSION
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.planted.faithfulness import of_slope
from auditkit_explainability.randomisation import randomisation

SEEDS = 20
MARKED = "do not rely on this"
RARE = int(stats.binom.ppf(0.999, SEEDS, 0.025))
"""As many of 20 intervals at 95 % may lie above their truth, but for one simulation in a thousand."""


def verdicts(said):
    first = next(one for one in said if isinstance(one, Table))
    return {str(row[0]): str(row[-1]) for row in first.rows}


def judged(slope, seed):
    case = of_slope(slope, rows=100)(np.random.default_rng(seed))
    return verdicts(ask(faithfulness, case, {"methods": (GRADIENT_INPUT, OCCLUSION)}))


@pytest.mark.slow
def test_gradients_that_are_right_pass_and_those_that_are_turned_or_of_something_else_are_marked():
    found = {slope: [judged(slope, seed) for seed in range(SEEDS)] for slope in ("right", "turned", "wild")}
    for slope, said in found.items():
        assert all(one[OCCLUSION] != MARKED for one in said), slope
    assert all(one[GRADIENT_INPUT] != MARKED for one in found["right"])
    assert all(one[GRADIENT_INPUT] == MARKED for one in found["turned"])
    assert sum(one[GRADIENT_INPUT] != MARKED for one in found["wild"]) <= RARE


class Shortcut:
    """Takes every note that holds the site's stamp for urgent, and one in a hundred words for a little."""

    def __init__(self, seed):
        self.own = np.random.default_rng(seed)
        self.weights = {f"word{place}": weight for place, weight in enumerate(self.own.normal(0, 0.05, 40))}

    def predict(self, inputs):
        odds = np.array([sum(self.weights.get(word, 0.0) for word in str(text).split()) for text in inputs])
        odds += np.array([3.0 if "stamped" in str(text) else -1.0 for text in inputs])
        yes = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


@pytest.mark.slow
@pytest.mark.parametrize("has_stamp", [True, False])
def test_the_stamp_that_decides_is_taken_out_first(has_stamp):
    for seed in range(SEEDS):
        draw = np.random.default_rng([seed, 1])
        texts = [draw.choice([f"word{place}" for place in range(40)], 12, replace=False).tolist() for _ in range(60)]
        if has_stamp:
            texts = [[*words[: row % 12], "stamped", *words[row % 12 :]] for row, words in enumerate(texts)]
        given, model = pd.Series([" ".join(words) for words in texts], dtype=object), Shortcut(seed)
        case = with_model(toy_case(model.predict(given), positive="yes", inputs=given, seed=seed), model)
        said = ask(faithfulness, case, {"methods": (OCCLUSION,), "orders": 8, "draws": 16})
        fallen = said.value("comprehensiveness", conditions={"method": OCCLUSION})
        assert (fallen > 0.5) == has_stamp
        assert verdicts(said)[OCCLUSION] != MARKED


COLUMNS = 40


class Learnt:
    """A network of two layers, of which three columns of forty tell; trained, or left as it was drawn."""

    batch_size = 200

    def __init__(self, seed, *, is_trained):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            layers = [torch.nn.Linear(COLUMNS, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2)]
            self.network = torch.nn.Sequential(*layers)
            if is_trained:
                self.train(torch.randn(2000, COLUMNS))
        self.network.eval()

    def train(self, rows):
        steps = torch.optim.Adam(self.network.parameters(), 1e-2, weight_decay=3e-3)
        for _ in range(400):
            loss = torch.nn.functional.cross_entropy(self.network(rows), (rows[:, :3].sum(1) > 0).long())
            steps.zero_grad()
            loss.backward()
            steps.step()

    def encoded(self, inputs):
        at = torch.tensor(inputs.to_numpy(dtype=np.float32))
        units = (tuple(Unit(str(name)) for name in inputs.columns),) * len(at)
        return Encoded(self.network, at, (), torch.zeros_like(at), units, network=self.network)

    def predict(self, inputs):
        with torch.no_grad():
            said = self.network(torch.tensor(inputs.to_numpy(dtype=np.float32))).softmax(1)
        return ClassScores(("no", "yes"), said.double().numpy())


@pytest.mark.slow
def test_what_a_trained_network_says_follows_what_it_has_learnt_and_an_untrained_one_is_marked():
    marked = {True: 0, False: 0}
    for is_trained in marked:
        for seed in range(SEEDS):
            draw = np.random.default_rng([seed, 2])
            rows = pd.DataFrame({f"x{place}": draw.normal(size=60) for place in range(COLUMNS)})
            model = Learnt(seed, is_trained=is_trained)
            case = with_model(toy_case(model.predict(rows), positive="yes", inputs=rows, seed=seed), model)
            said = ask(randomisation, case, {"methods": (GRADIENT_INPUT,)})
            marked[is_trained] += verdicts(said)[GRADIENT_INPUT] == MARKED
    assert marked[True] == 0
    assert SEEDS - marked[False] <= RARE
