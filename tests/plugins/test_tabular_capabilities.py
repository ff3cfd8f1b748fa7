"""What models of tables can do beyond predicting: gradients of networks, training of estimators; and why not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tables import settings, table, typed, write_network

from auditkit import Differentiable, Encoded, ModelError, NotApplicable, Trainable, Values
from auditkit.capabilities import why_not
from auditkit.cli import main
from auditkit.dataset import Codes, Split
from auditkit_tabular import open_tabular
from auditkit_tabular.meaning import Meaning, of_values

NUMBERS = ("age", "pressure")


def split_of(rows, labels=None, **truth):
    targets = None if labels is None else Codes.of(labels)
    given = {"label_targets": None, "groups": {}, "units": None, "weights": None, "digest": ""} | truth
    return Split("training", rows, targets=targets, **given)


def estimator(folder, fitted, **changes):
    skops.io.dump(fitted, folder / "model.skops")
    data = {"input": NUMBERS} | changes.pop("data", {})
    types = tuple(skops.io.get_untrusted_types(file=folder / "model.skops"))
    return open_tabular(folder / "model.skops", **settings(folder, data=data, trust_types=types, **changes))


def drawn(count=60, seed=3):
    rows = table(count, seed)
    ill = ["yes" if float(age) + draw > 60 else "no" for age, draw in zip(rows["age"], np.arange(count), strict=True)]
    return rows, ill


@pytest.mark.parametrize(
    "made",
    [
        make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=500)),
        RandomForestClassifier(5, max_depth=3, random_state=7),
    ],
)
def test_training_anew_is_scikit_learns_own_clone_and_fit_bit_for_bit(tmp_path, made):
    rows, ill = drawn()
    first = clone(made).fit(typed(rows)[list(NUMBERS)], ill)
    model = estimator(tmp_path, first)
    assert isinstance(model, Trainable)
    before = model.predict(rows).scores
    other, labels = drawn(40, seed=9)
    found = model.fit(split_of(other, labels), np.random.default_rng(0))
    wanted = clone(made).fit(typed(other)[list(NUMBERS)], labels)
    assert np.array_equal(found.predict(rows).scores, wanted.predict_proba(typed(rows)[list(NUMBERS)]))
    assert found.classes == ("no", "yes")
    assert np.array_equal(model.predict(rows).scores, before)  # the audited one stays
    assert not np.array_equal(found.predict(rows).scores, before)


def test_what_has_no_seed_draws_from_the_generator_that_is_given(tmp_path):
    rows, ill = drawn()
    made = RandomForestClassifier(5, max_depth=3)
    model = estimator(tmp_path, clone(made).fit(typed(rows)[list(NUMBERS)], ill))
    one, same, other = (model.fit(split_of(rows, ill), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.predict(rows).scores, same.predict(rows).scores)
    assert not np.array_equal(one.predict(rows).scores, other.predict(rows).scores)
    seed = int(np.random.default_rng(1).integers(2**31 - 1))
    wanted = made.set_params(random_state=seed).fit(typed(rows)[list(NUMBERS)], ill)
    assert np.array_equal(one.predict(rows).scores, wanted.predict_proba(typed(rows)[list(NUMBERS)]))


def test_classes_by_the_models_own_names_and_rows_without_a_target(tmp_path):
    rows, ill = drawn()
    own = [int(one == "yes") for one in ill]
    model = estimator(
        tmp_path, LogisticRegression().fit(typed(rows)[list(NUMBERS)], own), labels={"0": "no", "1": "yes"}
    )
    labels = [None, None, *ill[2:]]
    found = model.fit(split_of(rows, labels), np.random.default_rng(0))
    wanted = LogisticRegression().fit(typed(rows)[list(NUMBERS)][2:], own[2:])
    assert np.array_equal(found.predict(rows).scores, wanted.predict_proba(typed(rows)[list(NUMBERS)]))
    with pytest.raises(ModelError, match="hold the class 'maybe', which the model does not know"):
        model.fit(split_of(rows, ["maybe", *ill[1:]]), np.random.default_rng(0))
    with pytest.raises(ModelError, match=r"does not learn from these 60 rows: .*class") as caught:
        model.fit(split_of(rows, ["yes"] * 60), np.random.default_rng(0))
    assert caught.value.hint
    with pytest.raises(ModelError, match="no target to learn from"):
        model.fit(split_of(rows), np.random.default_rng(0))


def test_values_and_several_labels(tmp_path):
    rows, _ = drawn()
    given = typed(rows)[list(NUMBERS)]
    truth = given["age"].to_numpy() * 2 + 1
    model = estimator(tmp_path, LinearRegression().fit(given, truth), task="regression", target_classes=())
    moved = truth + 5
    moved[0] = np.nan
    found = model.fit(split_of(rows, truth=Values(moved)), np.random.default_rng(0))
    assert np.allclose(found.predict(rows).values, truth + 5)
    assert np.array_equal(found.predict(rows).values, LinearRegression().fit(given[1:], moved[1:]).predict(given))
    flags = np.column_stack([given["age"] > 50, given["pressure"] > 130])
    made = MultiOutputClassifier(LogisticRegression(max_iter=500))
    model = estimator(
        tmp_path, clone(made).fit(given, flags.astype(int)), data={"target": ("old", "high")}, target_classes=()
    )
    found = model.fit(split_of(rows, label_targets=~flags), np.random.default_rng(0))
    wanted = clone(made).fit(given, (~flags).astype(int)).predict_proba(given)
    assert np.array_equal(found.predict(rows).scores, np.column_stack([one[:, 1] for one in wanted]))


def test_a_part_that_is_never_fitted_again_is_told(tmp_path):
    from sklearn.frozen import FrozenEstimator

    rows, ill = drawn()
    given = typed(rows)[list(NUMBERS)]
    frozen = FrozenEstimator(LogisticRegression().fit(given, ill))
    model = estimator(tmp_path, CalibratedClassifierCV(frozen).fit(given, ill))
    why = "its FrozenEstimator holds a part that is never fitted again, and has seen other rows"
    assert why_not(model, "Trainable") == why
    with pytest.raises(NotApplicable, match="never fitted again"):
        model.fit(split_of(rows, ill), np.random.default_rng(0))


def network(folder, build="build", **changes):
    write_network(folder, build)
    how = {"module": f"net:{build}", "categories": {"sex": ("F", "M")}, "labels": {"0": "no", "1": "yes"}}
    return open_tabular(folder / "state.safetensors", **settings(folder, **how | changes))


@pytest.mark.parametrize("build", ["build", "one"])
def test_a_networks_gradients_by_its_columns(tmp_path, build):
    # Near 0, where a tanh is not flat.
    rows = table(6).assign(age=["-0.9", "0.1", "0.4", "-0.2", "0.6", "0.3"], pressure=["0.5", "-0.7"] * 3)
    model = network(tmp_path, build, output="logits")
    assert isinstance(model, Differentiable)
    encoded = model.encoded(rows)
    assert isinstance(encoded, Encoded)
    assert [unit.name for unit in encoded.units[0]] == ["age", "sex", "sex", "pressure"]
    assert encoded.inputs.shape == (6, 4)
    assert not encoded.baseline.any()
    with torch.no_grad():
        softmax = encoded.module(encoded.inputs).double().softmax(-1).numpy()
    assert np.allclose(softmax, model.predict(rows).scores, atol=1e-6)
    inputs = encoded.inputs.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(encoded.module(inputs)[:, 1].sum(), inputs)
    for place in range(4):  # against finite differences
        step = torch.zeros(4)
        step[place] = 1e-2
        with torch.no_grad():
            up, down = (encoded.module(encoded.inputs + way * step)[:, 1] for way in (1, -1))
        assert torch.allclose((up - down) / 2e-2, gradient[:, place], atol=1e-3)
    assert gradient.abs().max() > 0


@pytest.mark.parametrize(
    ("meaning", "said", "wanted"),
    [
        (Meaning("probabilities", ("a", "b")), [[0.25, 0.75]], [[0.25, 0.75]]),
        (Meaning("probabilities", ("a", "b")), [[0.75]], [[0.25, 0.75]]),
        (Meaning("logits", ("a", "b")), [[np.log(3)]], [[0.25, 0.75]]),
    ],
)
def test_the_softmax_of_what_a_network_gives_by_hand(meaning, said, wanted):
    assert np.allclose(meaning.logits(torch.tensor(said)).softmax(-1).numpy(), wanted, atol=1e-6)


def test_labels_and_values_by_hand():
    labels = Meaning("probabilities", ("a", "b"), several=True).logits(torch.tensor([[0.25, 0.5]]))
    assert np.allclose(labels.sigmoid().numpy(), [[0.25, 0.5]], atol=1e-6)
    quantiles = of_values("quantiles", (0.1, 0.5, 0.9)).logits(torch.tensor([[1.0, 2.0, 4.0]]))
    assert quantiles.tolist() == [[2.0]]
    assert of_values("mean-and-spread", ()).logits(torch.tensor([[3.0, 1.0]])).tolist() == [[3.0]]


def test_each_model_says_for_itself_why_not(tmp_path):
    rows, ill = drawn()
    forest = estimator(tmp_path, RandomForestClassifier(3).fit(typed(rows)[list(NUMBERS)], ill))
    assert why_not(forest, "Differentiable") == "a RandomForestClassifier gives no gradients"
    assert why_not(forest, "Trainable") is None
    untold = "its files hold what a module learnt, and not how it was trained: [model] recipe"
    assert why_not(network(tmp_path), "Trainable") == untold
    assert why_not(network(tmp_path), "Differentiable") is None


def test_a_check_is_told_of_this_model_and_not_of_the_adapter(tmp_path):
    from auditkit.compute import Broker
    from auditkit.host import Host
    from auditkit.spec import read_spec

    rows, ill = drawn()
    given = typed(rows)[list(NUMBERS)]
    skops.io.dump(LinearRegression().fit(given, given["age"]), tmp_path / "model.skops")
    pd.DataFrame(rows).assign(y=given["age"], ill=ill).to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "audit.toml").write_text(
        'name = "a"\ntask = "regression"\n[model]\nadapter = "tabular"\npath = "model.skops"\n'
        '[data]\naudit = "rows.csv"\ninput = ["age", "pressure"]\ntarget = "y"\n'
    )
    spec = read_spec(tmp_path / "audit.toml")
    broker = Broker(spec, Host.installed(spec))
    assert isinstance(broker.model_that(Trainable), Trainable)
    with pytest.raises(NotApplicable) as caught:
        broker.model_that(Differentiable)
    assert caught.value.params == {"capability": "Differentiable", "why": "a LinearRegression gives no gradients"}


def test_the_adapters_page_says_which_models(capsys):
    with pytest.raises(SystemExit) as left:
        main(["adapters", "tabular"])
    lines = capsys.readouterr().out.splitlines()
    assert left.value.code == 0
    assert "Differentiable: yes: a torch or Keras module, by its columns" in lines
    shown = (
        "Trainable: yes: an estimator of scikit-learn, by a clone with the same settings; a torch module with a recipe"
    )
    assert shown in lines
    assert "Generates: no: it gives numbers and writes nothing" in lines


@pytest.mark.parametrize("name", ["recorded", "recommender", "tabular", "text-classifier", "token-classifier"])
def test_no_adapter_is_silent_about_a_capability(name, capsys):
    with pytest.raises(SystemExit):
        main(["adapters", name])
    assert "the adapter does not say" not in capsys.readouterr().out
