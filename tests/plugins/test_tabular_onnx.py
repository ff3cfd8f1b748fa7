"""Models in ONNX: what onnxruntime says of them by hand-made graphs, and what they are refused for."""

from __future__ import annotations

import numpy as np
import pytest
from tables import settings, table

from auditkit import ModelError
from auditkit_tabular import open_tabular

onnx = pytest.importorskip("onnx", reason="pip install 'auditkit[onnx]'")
pytest.importorskip("onnxruntime", reason="pip install 'auditkit[onnx]'")

WEIGHT = np.random.default_rng(4).normal(size=(4, 2)).astype(np.float32)


def graph_of(*, soft=True, width=4, location=None, rows=None, axis=1):
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    weight = onnx.numpy_helper.from_array(WEIGHT[:width], "weight")
    if location is not None:
        onnx.external_data_helper.set_external_data(weight, location)
        weight.ClearField("raw_data")
        weight.data_location = onnx.TensorProto.EXTERNAL
    nodes = [helper.make_node("MatMul", ["rows", "weight"], ["logits"])]
    if soft:
        nodes.append(helper.make_node("Softmax", ["logits"], ["scores"], axis=axis))
    ends = [
        [helper.make_tensor_value_info("rows", floats, [rows, width])],
        [helper.make_tensor_value_info("scores" if soft else "logits", floats, [None, 2])],
    ]
    graph = helper.make_graph(nodes, "net", *ends, [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def opened(path, **changes):
    how = {"categories": {"sex": ("F", "M")}, "labels": {"0": "no", "1": "yes"}} | changes
    return open_tabular(path, **settings(path.parent, **how))


def refusal(path, **changes):
    with pytest.raises(ModelError) as caught:
        opened(path, **changes)
    assert caught.value.hint
    return caught.value.message


def saved(path, model):
    path.write_bytes(model.SerializeToString())
    return path


def wanted(rows):
    sex = rows["sex"].to_numpy()
    given = [rows["age"].astype(float), sex == "F", sex == "M", rows["pressure"].astype(float)]
    logits = np.column_stack(given).astype(np.float32) @ WEIGHT
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("soft", [True, False])
def test_probabilities_and_logits(tmp_path, soft):
    rows = table()
    path = saved(tmp_path / "model.onnx", graph_of(soft=soft))
    model = opened(path) if soft else opened(path, output="logits")
    found = model.predict(rows)
    assert found.classes == ("no", "yes")
    assert np.allclose(found.scores, wanted(rows), atol=1e-4)
    assert len(model.predict(rows[:0])) == 0
    assert model.trusted == ()


def test_what_the_numbers_are_must_be_said(tmp_path):
    path = saved(tmp_path / "model.onnx", graph_of(soft=False))
    assert refusal(path) == "nothing says what the model's numbers are"


def test_numbers_in_a_file_beside_it(tmp_path):
    (tmp_path / "weight.bin").write_bytes(WEIGHT.tobytes())
    path = saved(tmp_path / "model.onnx", graph_of(location="weight.bin"))
    assert np.allclose(opened(path).predict(table()).scores, wanted(table()), atol=1e-4)


@pytest.mark.parametrize("location", ["../weight.bin", "/etc/passwd", "folder/weight.bin", "link.bin", ".."])
def test_numbers_elsewhere_are_refused(tmp_path, location):
    (tmp_path / "model").mkdir()
    (tmp_path / "weight.bin").write_bytes(WEIGHT.tobytes())
    (tmp_path / "model" / "link.bin").symlink_to(tmp_path / "weight.bin")
    path = saved(tmp_path / "model" / "model.onnx", graph_of(location=location))
    assert refusal(path) == f"'model.onnx' keeps numbers in '{location}', which is no file beside it"


def test_other_shapes_and_damage(tmp_path):
    path = saved(tmp_path / "model.onnx", graph_of(width=3))
    assert refusal(path) == "'model.onnx' takes 3 numbers a row, and [data] input becomes 4"
    path.write_bytes(b"nonsense")
    assert refusal(path).startswith("'model.onnx' cannot be read: ")


def test_a_batch_of_one_size_and_answers_that_depend_on_it(tmp_path):
    path = saved(tmp_path / "model.onnx", graph_of(rows=1))
    assert refusal(path) == "'model.onnx' takes 1 rows at once, no more and no fewer"
    saved(path, graph_of(axis=0))
    assert refusal(path).endswith(" among others")
