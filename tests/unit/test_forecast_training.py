"""What training again would take: by a clock of ours, on a part of the rows, and in `plan --measure`."""

from __future__ import annotations

import re
from itertools import count

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, NotApplicable
from auditkit.forecasts.forecast import forecast
from auditkit.forecasts.training import time_training
from auditkit.host import Host
from auditkit.plugin import Trainings
from auditkit.spec import read_spec
from auditkit.testing import toy_case, with_model, with_splits

RECIPE = """
class Rate:
    classes_ = ["no", "yes"]
    def predict_proba(self, rows):
        import numpy as np
        return np.full((len(rows), 2), 0.5)

def fit(rows, seed):
    return Rate()
"""


class Learner:
    """Takes as many seconds to be trained as it is taught rows, over `pace`."""

    def __init__(self, now, pace=100.0):
        self.now, self.pace, self.taught = now, pace, []

    def predict(self, inputs):
        self.now[0] += len(inputs) / 1000
        return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))

    def fit(self, split, rng):  # noqa: ARG002  as every model's
        self.now[0] += len(split.inputs) / self.pace
        self.taught.append(len(split.inputs))
        return self


class Together(Learner):
    """The same, of several at once, which take as long as one."""

    def fit_many(self, split, masks, seeds):  # noqa: ARG002  same
        self.now[0] += masks[0].sum() / self.pace
        self.taught.append([int(mask.sum()) for mask in masks])
        return [self for _ in seeds]


def broker_of(model):
    said = ClassScores(("no", "yes"), np.full((1000, 2), 0.5))
    sides = [toy_case(said, ["no", "yes"] * 500, inputs=pd.DataFrame({"x": np.arange(1000.0)})) for _ in "ab"]
    return with_model(with_splits(sides[0], training=sides[1]), model).broker


def test_a_tenth_that_takes_a_while_is_reckoned_up():
    now = [0.0]
    model = Learner(now)
    found = time_training(broker_of(model), Trainings(8, 1000), clock=lambda: now[0])
    assert model.taught == [100]
    # 1 s for a tenth; eight trainings of 10 s, and 2 s for what each says of 2,000 rows
    assert (found.models, found.rows, found.seconds, found.answers) == pytest.approx((1, 100, 1.0, 2.0))
    assert found.whole == pytest.approx(8 * 10 + 8 * 2)
    assert str(found).startswith("about 2 min, by training 1 model on 100 rows in 1 s")


def test_a_quick_tenth_is_followed_by_all_rows():
    now = [0.0]
    model = Learner(now, pace=500.0)
    found = time_training(broker_of(model), Trainings(8, 1000), clock=lambda: now[0])
    assert model.taught == [100, 1000]
    assert (found.rows, found.whole) == (1000, pytest.approx(8 * 2 + 8 * 2))


def test_models_that_train_together_are_timed_together():
    now = [0.0]
    model = Together(now)
    found = time_training(broker_of(model), Trainings(40, 1000, at_once=16), clock=lambda: now[0])
    assert model.taught == [[100] * 16]
    assert found.whole == pytest.approx(3 * 10 + 40 * 2)  # 40 are three times sixteen at once


def test_a_model_that_cannot_be_trained_is_not_timed():
    class Fixed:
        def predict(self, inputs):
            return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))

    with pytest.raises(NotApplicable):
        time_training(broker_of(Fixed()), Trainings(8, 1000), clock=count().__next__)


def test_a_plan_says_what_shadow_models_cost(tmp_path):
    rows = pd.DataFrame({"x": range(80), "y": ["no", "yes"] * 40, "said": 0.5})
    for name in ("audit", "training"):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / "recipe.py").write_text(RECIPE)
    (tmp_path / "audit.toml").write_text(
        """name = "a"
[model]
adapter = "recorded"
train = "recipe:fit"
[data]
audit = "audit.csv"
training = "training.csv"
input = ["x"]
target = "y"
positive = "yes"
scores = ["said"]
[[checks]]
use = "privacy.membership"
shadow_models = 16
shadow_rows = 700
"""
    )
    spec = read_spec(tmp_path / "audit.toml")
    found = forecast(spec, Host.installed(spec), measure=True)
    (says,) = (one.says for one in found.checks)
    assert says.endswith(": 8 models more, each trained on 80 rows, of 16 that are asked for: shadow_rows caps them")
    (measured,) = found.measured
    # How long depends on the machine.
    assert re.fullmatch(
        "8 models more for privacy.membership: .*, by training 1 model on 80 rows in .* s, "
        "and .* s for what each says of all rows",
        measured,
    )
    assert forecast(spec, Host.installed(spec)).measured == ()
