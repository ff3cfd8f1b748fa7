"""Keras models of tables, on torch: the numbers of Keras itself, and nothing of the file runs without leave."""

from __future__ import annotations

import json
import os
import random
import sys
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from tables import settings, table, typed

from auditkit import ClassScores, LabelScores, ModelError, Values
from auditkit_tabular import open_tabular
from auditkit_tabular.keras_file import import_keras

# Looked for and not imported: on whichever backend the environment names it may lack its library.
pytestmark = [
    pytest.mark.skipif(find_spec("keras") is None, reason="pip install 'auditkit[keras]'"),
    # Keras' own way from a tensor to an array, in its save and its predict
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SEX = {"sex": ("F", "M")}


def of_keras():
    return {name: value for name, value in os.environ.items() if name.startswith(("KERAS", "TF_"))}


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Keras, with the home and the environment as they were when it was imported."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("KERAS_BACKEND", "jax")
        before = of_keras()
        keras = import_keras()
        return keras, home, (before, of_keras())


@pytest.fixture(scope="module")
def keras(imported):
    return imported[0]


def built(keras, *layers, width=4):
    model = keras.Sequential([keras.Input((width,)), keras.layers.Rescaling(0.01), *layers])
    for weight in model.trainable_weights:  # the same at every run
        draw = np.random.default_rng(len(weight.shape))
        weight.assign(draw.normal(size=weight.shape))
    return model


def saved(keras, folder, *layers):
    model = built(keras, *layers)
    model.save(folder / "model.keras")
    return model


def opened(folder, **changes):
    how = {"categories": SEX, "labels": {"0": "no", "1": "yes"}} | changes
    return open_tabular(folder / "model.keras", **settings(folder, **how))


def refusal(folder, **changes):
    with pytest.raises(ModelError) as caught:
        opened(folder, **changes)
    assert caught.value.hint
    return caught.value.message


def matrix(rows):
    rows = typed(rows)
    columns = [rows["age"], rows["sex"] == "F", rows["sex"] == "M", rows["pressure"]]
    return np.column_stack(columns).astype(np.float32)


def changed(folder, change, name="config.json"):
    """The same file with another text in one of its members."""
    path = folder / "model.keras"
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in members.items():
            archive.writestr(one, content)


def in_config(folder, old, new):
    changed(folder, lambda raw: raw.replace(old.encode(), new.encode()))


def test_probabilities_are_those_of_keras_own_predict(keras, tmp_path):
    layers = keras.layers.Dense(5, "tanh"), keras.layers.Dropout(0.5), keras.layers.Dense(2, "softmax")
    whole = saved(keras, tmp_path, *layers)
    model, rows = opened(tmp_path), table()
    found = model.predict(rows)
    assert isinstance(found, ClassScores)
    assert found.classes == ("no", "yes")
    np.testing.assert_allclose(found.scores, whole.predict(matrix(rows), verbose=0), atol=1e-6)
    assert np.ptp(found.scores[:, 1]) > 0.01
    assert (model.trusted, model.notes, model.device) == ((), (), "cpu")
    assert len(model.predict(rows[:0])) == 0


def test_one_sigmoid_is_of_the_second_class(keras, tmp_path):
    whole = saved(keras, tmp_path, keras.layers.Dense(1), keras.layers.Activation("sigmoid"))
    second = whole.predict(matrix(table()), verbose=0)[:, 0]
    np.testing.assert_allclose(opened(tmp_path).predict(table()).scores, np.c_[1 - second, second], atol=1e-6)


def test_logits_and_what_the_spec_has_to_say(keras, tmp_path):
    whole = saved(keras, tmp_path, keras.layers.Dense(2))
    logits = torch.from_numpy(whole.predict(matrix(table()), verbose=0)).double()
    np.testing.assert_allclose(opened(tmp_path).predict(table()).scores, logits.softmax(-1).numpy(), atol=1e-6)
    assert refusal(tmp_path, output="probabilities") == (
        '[model] output is "probabilities", and the last layer of the model gives logits'
    )
    saved(keras, tmp_path, keras.layers.Dense(2), keras.layers.LayerNormalization())
    assert refusal(tmp_path) == "nothing says what the model's numbers are"


def test_labels_and_values(keras, tmp_path):
    whole = saved(keras, tmp_path, keras.layers.Dense(2, "sigmoid"))
    labels = opened(tmp_path, labels={}, data={"target": ("cough", "fever")}, target_classes=()).predict(table())
    assert isinstance(labels, LabelScores)
    np.testing.assert_allclose(labels.scores, whole.predict(matrix(table()), verbose=0), atol=1e-6)
    whole = saved(keras, tmp_path, keras.layers.Dense(1))
    values = opened(tmp_path, labels={}, task="regression").predict(table())
    assert isinstance(values, Values)
    np.testing.assert_allclose(values.values, whole.predict(matrix(table()), verbose=0)[:, 0], atol=1e-5)


def test_a_lower_precision_of_its_training_is_told_and_not_used(keras, tmp_path):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        saved(keras, tmp_path, keras.layers.Dense(3, "relu"), keras.layers.Dense(2, "softmax"))
    finally:
        keras.config.set_dtype_policy("float32")
    model = opened(tmp_path)
    assert list(map(str, model.notes)) == ["the model was trained to compute in mixed_bfloat16, and was run in float32"]
    whole = built(keras, keras.layers.Dense(3, "relu"), keras.layers.Dense(2, "softmax"))
    np.testing.assert_allclose(model.predict(table()).scores, whole.predict(matrix(table()), verbose=0), atol=1e-6)
    assert refusal(tmp_path, precision="bfloat16").startswith("[model] precision is 'bfloat16', which is of torch")


def test_an_older_file_is_told(keras, tmp_path):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    changed(tmp_path, lambda _: b'{"keras_version": "3.0.1"}', "metadata.json")
    (note,) = map(str, opened(tmp_path).notes)
    assert note == f"the model was saved with Keras 3.0.1, and run with {keras.__version__}: its answers can differ"


def test_a_lambda_layer_runs_only_with_leave(keras, tmp_path):
    whole = saved(keras, tmp_path, keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(2, "softmax"))
    assert refusal(tmp_path) == ("'model.keras' holds a lambda layer, which is code that runs when the model is read")
    model = opened(tmp_path, trust_pickle=True)
    np.testing.assert_allclose(model.predict(table()).scores, whole.predict(matrix(table()), verbose=0), atol=1e-6)
    assert list(map(str, model.trusted)) == ["code in a lambda layer of 'model.keras' was run, which the spec allows"]


LAYERS = """
import keras

class Shift(keras.layers.Layer):
    def call(self, rows):
        return rows + 1

def own():
    return {"Shift": Shift}

def wrong():
    return [Shift]

def broken():
    raise RuntimeError("no layers today")
"""


def test_layers_of_the_users_own_are_those_that_the_spec_names(keras, tmp_path):
    names = {}
    exec(LAYERS, names)  # noqa: S102  as a training script would
    whole = saved(keras, tmp_path, names["Shift"](), keras.layers.Dense(2, "softmax"))
    (tmp_path / "own_layers.py").write_text(LAYERS)
    assert refusal(tmp_path) == "'model.keras' holds 'Shift', which is none of Keras' own layers"
    model = opened(tmp_path, module="own_layers:own")
    np.testing.assert_allclose(model.predict(table()).scores, whole.predict(matrix(table()), verbose=0), atol=1e-6)
    assert str(model.trusted[0]).startswith("the audit ran own_layers:own, sha256:")
    assert refusal(tmp_path, module="own_layers:wrong") == "wrong() returned a list"
    assert refusal(tmp_path, module="own_layers:broken") == "broken() failed: RuntimeError: no layers today"


@pytest.mark.parametrize(
    ("old", "new", "seen"),
    [
        ('"module": "keras.layers", "class_name": "Dense"', '"module": "os", "class_name": "system"', "'system'"),
        ('"class_name": "Dense"', '"class_name": "TFSMLayer"', "another library"),
        ('"class_name": "Dense"', '"class_name": "TorchModuleWrapper"', "another library"),
        ('"class_name": "Dense"', '"class_name": "StringLookup"', "only TensorFlow"),
        (
            '"activation": "softmax"',
            '"activation": {"module": "keras.utils", "class_name": "function", "config": "get_file"}',
            "'get_file'",
        ),
        (
            '"module": "keras.layers", "class_name": "Dense"',
            '"module": "keras.utils", "class_name": "Dense"',
            "'Dense'",
        ),
        ('"units": 2', '"units": 4000000000', "describes a larger model"),
        ('"units": 2', '"units": "many"', "cannot be read"),
        ("{", "[", "is no JSON"),
    ],
)
def test_settings_that_make_anything_else_are_refused(keras, tmp_path, old, new, seen):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    in_config(tmp_path, old, new)
    assert seen in refusal(tmp_path)


def test_archives_that_lead_out_or_swell_are_refused(keras, tmp_path):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    whole = (tmp_path / "model.keras").read_bytes()
    with zipfile.ZipFile(tmp_path / "model.keras", "a") as archive:
        archive.writestr("../escape.txt", "out")
    assert "leads out of its folder" in refusal(tmp_path)
    assert not (tmp_path.parent / "escape.txt").exists()
    (tmp_path / "model.keras").write_bytes(whole)
    with zipfile.ZipFile(tmp_path / "model.keras", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("assets/zeros", bytes(200 << 20))
    assert "would unpack to" in refusal(tmp_path)
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("config.json", "{}")
    assert refusal(tmp_path) == "'model.keras' holds no 'metadata.json', so it is no model of Keras 3"
    (tmp_path / "model.keras").write_bytes(whole[:300])
    assert "no whole zip archive" in refusal(tmp_path)


def with_weights(folder, change):
    import h5py

    path = folder / "model.weights.h5"
    with zipfile.ZipFile(folder / "model.keras") as archive:
        path.write_bytes(archive.read(path.name))
    with h5py.File(path, "a") as weights:
        change(weights, h5py)
    raw = path.read_bytes()
    changed(folder, lambda _: raw, path.name)


def linked(weights, h5py):
    weights["layers/other"] = h5py.ExternalLink("/etc/passwd", "/")


def elsewhere(weights, _):
    weights.create_dataset("layers/other", (100,), "u1", external=[("/etc/passwd", 0, 100)])


def swollen(weights, _):
    weights.create_dataset("layers/other", (1 << 40,), "f4", chunks=(1024,), compression="gzip")


@pytest.mark.parametrize(
    ("change", "seen"),
    [(linked, "link 'layers/other' to"), (elsewhere, "from another file"), (swollen, "would take 4,398,046,51")],
)
def test_weights_that_fetch_or_swell_are_refused(keras, tmp_path, change, seen):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    with_weights(tmp_path, change)
    assert seen in refusal(tmp_path)


def test_damaged_weights_are_told(keras, tmp_path):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    changed(tmp_path, lambda raw: raw[:500], "model.weights.h5")
    assert refusal(tmp_path).startswith("the weights of the model cannot be read")


def test_several_inputs_are_refused(keras, tmp_path):
    ends = [keras.Input((1,)), keras.Input((3,))]
    keras.Model(ends, keras.layers.Dense(2)(keras.layers.Concatenate()(ends))).save(tmp_path / "model.keras")
    assert refusal(tmp_path) == "the model takes 2 inputs and gives 1 outputs, and a table is one"


def test_other_columns_than_those_of_the_training_are_refused(keras, tmp_path):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    assert refusal(tmp_path, data={"input": ("age", "sex")}).startswith("the module failed on rows of 3 numbers")


def test_nobody_elses_draws_depend_on_it(keras, tmp_path):
    saved(keras, tmp_path, keras.layers.Dense(5, "tanh"), keras.layers.Dense(2, "softmax"))
    torch.manual_seed(0)
    random.seed(0)
    first = torch.rand(1), random.random()
    torch.manual_seed(0)
    random.seed(0)
    opened(tmp_path)
    assert (torch.rand(1), random.random()) == first


def test_an_ensemble(keras, tmp_path):
    (tmp_path / "model.keras").mkdir()
    answers = []
    for place, activation in enumerate(("tanh", "relu")):
        whole = built(keras, keras.layers.Dense(3, activation), keras.layers.Dense(2, "softmax"))
        whole.save(tmp_path / "model.keras" / f"{place}.keras")
        answers.append(whole.predict(matrix(table()), verbose=0))
    np.testing.assert_allclose(opened(tmp_path).predict(table()).scores, np.mean(answers, axis=0), atol=1e-6)


def test_it_leaves_no_trace_in_the_environment_or_the_home(imported):
    keras, home, (before, after) = imported
    assert keras.backend.backend() == "torch"
    assert before["KERAS_BACKEND"] == "jax"
    assert before == after
    assert not (home / ".keras").exists()
    assert not [name for name in sys.modules if name.partition(".")[0] in {"tensorflow", "jax"}]


def test_keras_on_another_backend_is_told(keras, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ModelError, match="Keras runs on 'jax' in this process"):
        import_keras()


def test_the_settings_are_looked_at_however_deep(keras, tmp_path):
    saved(keras, tmp_path, keras.layers.Dense(2, "softmax"))
    deep = json.dumps({"class_name": "system", "module": "os", "config": {}})
    for _ in range(300):
        deep = f'{{"within": [{deep}]}}'
    in_config(tmp_path, '"kernel_regularizer": null', f'"kernel_regularizer": {deep}')
    assert "'system'" in refusal(tmp_path)


@pytest.mark.usefixtures("keras")
def test_a_model_class_of_the_users_own_is_opened_when_the_spec_says_what_it_gives(tmp_path):
    source = """\
def own():
    import keras

    class Scorer(keras.Model):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.last, self.gate = keras.layers.Dense(2), keras.layers.Softmax()

        def call(self, rows):
            return self.last(self.gate(rows / 100))

    return {"Scorer": Scorer}
"""
    (tmp_path / "scorers.py").write_text(source)
    space = {}
    exec(source, space)  # noqa: S102  the test's own text, as the adapter runs it
    model = space["own"]()["Scorer"]()
    rows = table()
    plain = np.asarray(model(matrix(rows)).detach())
    model.save(tmp_path / "model.keras")
    said = opened(tmp_path, module="scorers:own", output="logits").predict(rows).scores
    np.testing.assert_allclose(said, torch.from_numpy(plain).softmax(-1).numpy(), atol=1e-6)
    assert "nothing says what the model's numbers are" in refusal(tmp_path, module="scorers:own")
