"""Torch modules of tables: what they are given, what their numbers mean, and what they are refused for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from tables import settings, table, write_network

from auditkit import AuditError, ClassScores, DataError, LabelScores, ModelError, OutOfMemory
from auditkit_tabular import open_tabular

SEX = {"sex": ("F", "M")}
NAMED = {"0": "no", "1": "yes"}


def opened(folder, module="net:build", path="state.safetensors", **changes):
    how = {"module": module, "categories": SEX, "labels": NAMED} | changes
    return open_tabular(folder / path, **settings(folder, **how))


def refusal(folder, *given, kind=ModelError, rows=None, **changes):
    with pytest.raises(kind) as caught:
        opened(folder, *given, **changes).predict(table() if rows is None else rows)
    assert caught.value.hint
    return caught.value.message, caught.value.hint


def by_hand(rows):
    """One-hot at the place of the column: age, F, M, pressure."""
    sex = rows["sex"].to_numpy()
    return torch.tensor(
        np.column_stack([rows["age"].astype(float), sex == "F", sex == "M", rows["pressure"].astype(float)]),
        dtype=torch.float32,
    )


def test_logits_of_two_classes(tmp_path):
    module, rows = write_network(tmp_path), table()
    model = opened(tmp_path)
    found = model.predict(rows)
    with torch.no_grad():
        wanted = module(by_hand(rows)).double().softmax(-1).numpy()
    assert isinstance(found, ClassScores)
    assert found.classes == ("no", "yes")
    assert np.allclose(found.scores, wanted, atol=1e-12)
    (trusted,) = map(str, model.trusted)
    assert trusted.startswith("the audit ran net:build, sha256:")
    assert model.device == "cpu"
    assert len(model.predict(rows[:0])) == 0


def test_the_matrix_by_hand(tmp_path):
    write_network(tmp_path)
    rows = pd.DataFrame({"pressure": ["120.5", None], "sex": ["M", None], "age": [63, "7"]}, dtype=object)
    found = opened(tmp_path).columns.matrix(rows)
    assert found.dtype == np.float32
    assert np.array_equal(found, [[63, 0, 1, 120.5], [7, 0, 0, np.nan]], equal_nan=True)
    write_network(tmp_path, "codes")
    found = opened(tmp_path, "net:codes", encoding="codes").columns.matrix(rows[:1])
    assert found.tolist() == [[63, 1, 120.5]]


def test_one_number_is_of_the_second_class(tmp_path):
    module, rows = write_network(tmp_path, "one"), table()
    found = opened(tmp_path, "net:one").predict(rows)
    with torch.no_grad():
        second = module(by_hand(rows)).double().sigmoid()[:, 0].numpy()
    assert np.allclose(found.scores, np.column_stack([1 - second, second]), atol=1e-12)


def test_logits_without_end_do_not_overflow(tmp_path):
    write_network(tmp_path, "one")
    model = opened(tmp_path, "net:one")
    with torch.no_grad():
        model.module.weight.fill_(1e30)
    assert model.predict(table()).scores[:, 1].tolist() == [1.0] * 40


def test_labels_of_which_several_can_be_right(tmp_path):
    module, rows = write_network(tmp_path, "wide"), table()
    names = ("cough", "fever", "rash")
    found = opened(tmp_path, "net:wide", labels={}, target_classes=(), data={"target": names}).predict(rows)
    assert isinstance(found, LabelScores)
    assert found.labels == names
    with torch.no_grad():
        assert np.allclose(found.scores, module(by_hand(rows)).double().sigmoid().numpy(), atol=1e-12)


def test_the_names_of_outputs(tmp_path):
    write_network(tmp_path)
    assert opened(tmp_path, labels={}, data={"classes": ("yes", "no")}).predict(table()).classes == ("yes", "no")
    assert opened(tmp_path, labels={}, target_classes=("0", "1")).predict(table()).classes == ("0", "1")
    assert refusal(tmp_path, labels={}) == (
        "nothing says which class each output of the model stands for",
        '[model] labels = {0 = "no", 1 = "yes"}, the outputs by their numbers, in the order of the training',
    )
    assert refusal(tmp_path, labels={"0": "no", "1": "ill"})[0].startswith("the target holds 'yes', which is none of ")
    three = {"0": "no", "1": "yes", "2": "maybe"}
    assert refusal(tmp_path, labels=three)[0] == (
        "the module gives 2 numbers a row, and there are 3 classes: 'no', 'yes', 'maybe'"
    )


def test_what_the_numbers_are_is_inferred_only_where_it_is_certain(tmp_path):
    write_network(tmp_path, "Own")
    assert refusal(tmp_path, "net:Own")[0] == "nothing says what the model's numbers are"
    assert opened(tmp_path, "net:Own", output="logits").predict(table())
    write_network(tmp_path)
    assert refusal(tmp_path, output="probabilities")[0] == (
        '[model] output is "probabilities", and the last layer of the model gives logits'
    )
    assert refusal(tmp_path, output="quantiles")[0] == '[model] output is "quantiles", and the task is one of classes'


def test_probabilities_are_not_softened_twice(tmp_path):
    write_network(tmp_path, "Own")
    more = "\nclass Soft(Own):\n    def forward(self, rows):\n        return self.layer(rows).softmax(-1)\n"
    (tmp_path / "net.py").write_text((tmp_path / "net.py").read_text() + more)
    module, rows = write_network(tmp_path, "Own"), table()
    (tmp_path / "net.py").write_text((tmp_path / "net.py").read_text() + more)
    assert refusal(tmp_path, "net:Soft", output="logits")[1] == '[model] output = "probabilities"'
    with torch.no_grad():
        wanted = module(by_hand(rows)).softmax(-1).double().numpy()
    assert np.array_equal(opened(tmp_path, "net:Soft", output="probabilities").predict(rows).scores, wanted)


def test_values_with_their_spread_and_quantiles(tmp_path):
    of_values = {"task": "regression", "labels": {}, "target_classes": ()}
    module, rows = write_network(tmp_path, "one"), table()
    with torch.no_grad():
        wanted = module(by_hand(rows)).double().numpy()
    assert np.array_equal(opened(tmp_path, "net:one", **of_values).predict(rows).values, wanted[:, 0])
    module = write_network(tmp_path)
    with torch.no_grad():
        wanted = module(by_hand(rows)).double().numpy()
    found = opened(tmp_path, output="mean-and-spread", **of_values).predict(rows)
    assert np.array_equal(found.values, wanted[:, 0])
    assert np.array_equal(found.spread, wanted[:, 1])
    module = write_network(tmp_path, "wide")
    with torch.no_grad():
        wanted = module(by_hand(rows)).double().numpy()
    levels = (0.1, 0.5, 0.9)
    found = opened(tmp_path, "net:wide", output="quantiles", levels=levels, **of_values).predict(rows)
    assert np.array_equal(found.values, wanted[:, 1])
    assert np.array_equal(found.quantiles, wanted)
    assert found.levels == levels
    assert refusal(tmp_path, "net:wide", **of_values)[0] == "the module gives 3 numbers a row, and there are 1"
    assert refusal(tmp_path, "net:wide", output="quantiles", **of_values)[0].startswith("quantiles need their levels")
    for bad in ((0.9, 0.5, 0.1), (0.1, 0.9), (0.0, 0.5), (0.5, 1.0)):
        said = refusal(tmp_path, "net:wide", output="quantiles", levels=bad, **of_values)[0]
        assert said.startswith("[model] levels are ")
    assert refusal(tmp_path, "net:wide", output="logits", **of_values)[0].startswith('[model] output is "logits"')


def test_states_in_a_folder_are_an_ensemble(tmp_path):
    rows, of_values = table(), {"task": "regression", "labels": {}, "target_classes": (), "output": "mean-and-spread"}
    for seed in range(3):
        write_network(tmp_path, name=f"members/{seed}.safetensors", seed=seed)
    alone = [opened(tmp_path, path=f"members/{seed}.safetensors", **of_values).predict(rows) for seed in range(3)]
    values = np.array([one.values for one in alone])  # noqa: PD011  no frame's
    spreads = np.array([one.spread for one in alone])
    model = opened(tmp_path, path="members", **of_values)
    found = model.predict(rows)
    assert np.allclose(found.values, values.mean(axis=0))
    # The mixture's own variance: the mean of the variances, and the variance of the means.
    assert np.allclose(found.spread**2, (spreads**2).mean(axis=0) + values.var(axis=0))
    assert str(model.notes[0]) == "an ensemble of 3 models: the mean of what they say"
    assert len(model.trusted) == 1
    classes = opened(tmp_path, path="members").predict(rows)
    each = [opened(tmp_path, path=f"members/{seed}.safetensors").predict(rows).scores for seed in range(3)]
    assert np.allclose(classes.scores, np.mean(each, axis=0))


def test_rows_that_are_not_what_the_columns_hold(tmp_path):
    write_network(tmp_path)
    said, hint = refusal(tmp_path, kind=DataError, rows=table().assign(age="old"))
    assert said == "the data column 'age' holds 'old' in row 1; wanted a number"
    assert hint.startswith('a column of texts: [model] categories = {age = ["no", "yes"]}; ')
    said, _ = refusal(tmp_path, kind=DataError, rows=table().assign(sex=["F"] * 39 + ["X"]))
    assert said == "column 'sex' holds 'X' in row 40, which is none of its categories, 'F', 'M'"
    write_network(tmp_path, "codes")
    rows = table().assign(sex=[None] * 2 + ["M"] * 38)
    said, _ = refusal(tmp_path, "net:codes", encoding="codes", kind=DataError, rows=rows)
    assert said == "column 'sex' is missing in 2 rows, first in row 1, and has no code"


def test_specs_that_do_not_fit(tmp_path):
    write_network(tmp_path)
    assert refusal(tmp_path, data={"input": None})[0] == "no column goes into the model"
    assert refusal(tmp_path, categories={"site": ("a",)})[0].startswith("[model] categories names 'site', which is not")
    assert refusal(tmp_path, categories={"sex": ("F", "F")})[0] == "[model] categories holds a value of 'sex' twice"
    assert refusal(tmp_path, categories=("sex",))[0].startswith("nothing says which categories 'sex' has")
    said, hint = refusal(tmp_path, data={"input": ("age", "sex")})
    assert said.startswith("the module failed on rows of 3 numbers: RuntimeError: ")
    assert "names 2 columns" in hint


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("net", "'net' names no function"),
        ("../net:build", "'../net:build' names no function"),
        ("net:absent", "'net' has no function 'absent'"),
        ("absent_net:build", "'absent_net:build' names 'absent_net', which is neither 'absent_net.py' in "),
        ("broken:build", "'broken.py' fails when it is imported: ModuleNotFoundError: "),
        ("net:fails", "fails() failed: ZeroDivisionError: division by zero"),
        ("net:nothing", "what was built is a NoneType, not a torch module"),
    ],
)
def test_code_that_is_not_there_or_fails(tmp_path, module, said):
    write_network(tmp_path)
    more = "\ndef fails():\n    return 1 / 0\n\ndef nothing():\n    pass\n"
    (tmp_path / "net.py").write_text((tmp_path / "net.py").read_text() + more)
    (tmp_path / "broken.py").write_text("import net\n")
    assert refusal(tmp_path, module)[0].startswith(said)


def test_code_behind_a_link_is_refused(tmp_path):
    write_network(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "net.py").rename(tmp_path / "elsewhere" / "other.py")
    (tmp_path / "net.py").symlink_to(tmp_path / "elsewhere" / "other.py")
    assert refusal(tmp_path)[0] == "'net.py' is a link that leads out of its folder"


def test_a_module_of_an_installed_package(tmp_path, monkeypatch):
    write_network(tmp_path)
    (tmp_path / "site" / "heart_nets").mkdir(parents=True)
    (tmp_path / "net.py").rename(tmp_path / "site" / "heart_nets" / "net.py")
    (tmp_path / "site" / "heart_nets" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    model = opened(tmp_path, "heart_nets.net:build")
    assert len(model.predict(table())) == 40
    assert str(model.trusted[0]).startswith("the audit ran heart_nets.net:build, sha256:")


def test_paths_without_a_model(tmp_path):
    write_network(tmp_path)
    assert refusal(tmp_path, None)[0] == "'state.safetensors' is a module's state, and nothing says which module"
    assert refusal(tmp_path, path="absent.pt")[0].startswith("there is no model at ")
    (tmp_path / "empty").mkdir()
    assert refusal(tmp_path, path="empty")[0].startswith("the model folder 'empty' holds no file that ends in ")
    for name in ("a.safetensors", "b.pt"):
        (tmp_path / "empty" / name).touch()
    assert refusal(tmp_path, path="empty")[0] == (
        "the model folder 'empty' holds files of several kinds: .pt, .safetensors"
    )
    with pytest.raises(ModelError, match="no model is named"):
        open_tabular(None, **settings(tmp_path))


def test_a_batch_that_does_not_fit(tmp_path):
    write_network(tmp_path)
    model = opened(tmp_path)

    def full(_rows):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    model.module.forward = full
    with pytest.raises(OutOfMemory, match="40 rows at once do not fit into the memory of 'cpu'"):
        model.predict(table())
    assert model.batch_size == 65_536


def test_a_memory_that_is_full_when_it_is_opened_is_told_as_that(tmp_path, monkeypatch):
    write_network(tmp_path)

    def full(_module, _rows):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")

    monkeypatch.setattr(torch.nn.Linear, "forward", full)
    with pytest.raises(OutOfMemory, match="8 rows at once do not fit into the memory of 'cpu'"):
        opened(tmp_path)


def test_other_draws_do_not_depend_on_what_is_built(tmp_path):
    write_network(tmp_path)
    torch.manual_seed(0)
    first = torch.rand(1)
    torch.manual_seed(0)
    opened(tmp_path)
    assert torch.rand(1) == first


def test_errors_are_of_auditkit(tmp_path):
    write_network(tmp_path)
    (tmp_path / "state.safetensors").write_bytes(b"nonsense")
    assert refusal(tmp_path, kind=AuditError)[0].startswith("'state.safetensors' cannot be read: ")


def test_numbers_that_went_through_a_sigmoid_are_not_taken_for_logits(tmp_path):
    more = "\nclass Squashed(Own):\n    def forward(self, rows):\n        return rows[:, :1] / 20 - 4\n"
    write_network(tmp_path, "Own")
    net = (tmp_path / "net.py").read_text() + more
    (tmp_path / "net.py").write_text(net)
    rows = table(60).assign(age=np.linspace(80, 100, 60).astype(str))  # 0 to 1
    with pytest.raises(ModelError, match="gives 60 rows numbers between 0 and 1: probabilities, no logits"):
        opened(tmp_path, "net:Squashed", output="logits").predict(rows)
    # What does not reach both ends can be the logits of a weak model, and few rows tell nothing.
    assert len(opened(tmp_path, "net:Squashed", output="logits").predict(rows[:50])) == 50
    assert len(opened(tmp_path, "net:Squashed", output="logits").predict(rows[::2])) == 30
    assert opened(tmp_path, "net:Squashed", output="probabilities").predict(rows).scores[59, 1] == 1


def test_a_module_that_is_drawn_by_chance_is_refused(tmp_path):
    more = (
        "\nclass Chance(Own):\n    def forward(self, rows):\n        return nn.functional.dropout(self.layer(rows))\n"
    )
    write_network(tmp_path, "Own")
    (tmp_path / "net.py").write_text((tmp_path / "net.py").read_text() + more)
    with pytest.raises(ModelError, match="for the same input that it gave"):
        opened(tmp_path, "net:Chance", output="logits")


def test_a_module_whose_answers_depend_on_the_batch_is_refused(tmp_path):
    more = "\nclass Batch(Own):\n    def forward(self, rows):\n        return self.layer(rows - rows.mean(0))\n"
    write_network(tmp_path, "Own")
    (tmp_path / "net.py").write_text((tmp_path / "net.py").read_text() + more)
    with pytest.raises(ModelError, match=r"for a row alone that it gives .* for among others"):
        opened(tmp_path, "net:Batch", output="logits")
