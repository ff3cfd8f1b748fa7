"""What first-party adapters and loaders recognise, by files of a few bytes, without any library of models."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from auditkit.errors import ModelError
from auditkit.host import Host
from auditkit.recognising import Glimpse

HOST = Host.installed()


def known(path, rows=None):
    """Adapter -> what it says."""
    seen = Glimpse(str(path), path if isinstance(path, Path) else None, rows)
    found = {one.id: one.recognises(seen) for one in HOST.adapters.values() if one.recognises is not None}
    return {id: said for id, said in found.items() if said is not None}


def folder_of(path, *names, **config):
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config))
    for name in names:
        (path / name).write_text("{}")
    return path


FOLDERS = {
    "BertForSequenceClassification": ("text-classifier", "text", {"id2label": {"0": "no", "1": "yes"}}),
    "RobertaForTokenClassification": ("token-classifier", "text", {"id2label": {"0": "O", "1": "B-DRUG"}}),
    "LlamaForCausalLM": ("chat", "text", {}),
    "GPT2LMHeadModel": ("chat", "text", {}),
    "ViTForImageClassification": ("image-classifier", "image", {"id2label": {"0": "a", "1": "b", "2": "c"}}),
    "ResNetForImageClassification": ("image-regressor", "image", {"num_labels": 1, "id2label": {"0": "LABEL_0"}}),
    "DistilBertForSequenceClassification": ("text-regressor", "text", {"problem_type": "regression"}),
}


@pytest.mark.parametrize("architecture", FOLDERS)
def test_a_folder_of_transformers_is_known_by_its_class(tmp_path, architecture):
    adapter, takes, config = FOLDERS[architecture]
    found = known(folder_of(tmp_path / "model", "preprocessor_config.json", architectures=[architecture], **config))
    assert list(found) == [adapter]
    assert (found[adapter].certainty, found[adapter].takes) == ("sure", takes)
    assert architecture in found[adapter].reason


def test_classes_are_in_the_order_of_the_outputs(tmp_path):
    labels = {str(place): f"class {place}" for place in (10, 2, 0, 1, 3, 4, 5, 6, 7, 8, 9)}
    found = known(folder_of(tmp_path / "m", architectures=["XForSequenceClassification"], id2label=labels))
    assert found["text-classifier"].classes == tuple(f"class {place}" for place in range(11))


def test_a_model_of_entailment_is_asked_in_words(tmp_path):
    labels = {"0": "contradiction", "1": "neutral", "2": "entailment"}
    (said,) = known(folder_of(tmp_path / "m", architectures=["XForSequenceClassification"], id2label=labels)).values()
    (template,) = said.settings
    assert (template.key, template.is_safe, said.classes) == ("template", False, ())


def test_weights_in_a_pickle_and_code_are_asked_about(tmp_path):
    path = folder_of(tmp_path / "m", "pytorch_model.bin", architectures=["XForCausalLM"], auto_map={"AutoModel": "x.Y"})
    asked = {one.key for one in known(path)["chat"].settings if not one.is_safe}
    assert asked == {"trust_pickle", "trust_remote_code"}


def test_lora_weights_on_a_base_that_is_there(tmp_path):
    folder_of(tmp_path / "base", architectures=["XForTokenClassification"], id2label={"0": "O", "1": "B-DOSE"})
    (tmp_path / "lora").mkdir()
    lora = {"task_type": "TOKEN_CLS", "base_model_name_or_path": "base"}
    (tmp_path / "lora" / "adapter_config.json").write_text(json.dumps(lora))
    said = known(tmp_path / "lora")["token-classifier"]
    assert said.classes == ("DOSE",)
    assert [(one.key, one.value) for one in said.settings] == [("base", (tmp_path / "base").resolve())]


def test_an_estimator_by_the_schema_of_its_file(tmp_path):
    import skops.io
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = pd.DataFrame({"age": [1.0, 2, 3, 4], "bmi": [2.0, 1, 4, 3]})
    skops.io.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, list("abab")), tmp_path / "c.skops")
    skops.io.dump(Ridge().fit(rows, [1.0, 2, 3, 4]), tmp_path / "v.skops")
    said = known(tmp_path / "c.skops")["tabular"]
    assert (said.certainty, said.columns, said.task) == ("sure", ("age", "bmi"), None)
    assert said.reason == "a Pipeline with a LogisticRegression that skops wrote"
    assert [list(one.value) for one in said.of_inputs(pd.DataFrame({"age": ["1"], "sex": ["F"]}))] == [["sex"]]
    assert known(tmp_path / "v.skops")["tabular"].task == "regression"


def test_a_keras_file_by_its_settings(tmp_path):
    layer = {"class_name": "Dense", "config": {"units": 2, "activation": "softmax"}}
    config = {"class_name": "Sequential", "config": {"layers": [layer]}}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    assert known(tmp_path / "m.keras")["tabular"].settings == ()
    layer["config"]["activation"] = "linear"
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
    assert [one.key for one in known(tmp_path / "m.keras")["tabular"].settings] == ["output"]


def save(path, **arrays):
    from safetensors.numpy import save_file

    save_file({name: np.zeros(shape, dtype=np.float32) for name, shape in arrays.items()}, str(path))
    return path


def test_a_state_is_a_tables_or_an_images_by_the_shapes_of_its_weights(tmp_path):
    assert set(known(save(tmp_path / "a.safetensors", weight=(2, 3)))) == {"tabular"}
    assert set(known(save(tmp_path / "b.safetensors", weight=(2, 3, 3, 3)))) == {"image-classifier"}


def test_rows_with_notes_and_films_make_a_state_one_of_several_inputs(tmp_path):
    rows = pd.DataFrame({"note": ["a note that is long enough"], "film": ["films/1.png"], "age": ["60"], "sex": ["F"]})
    said = known(save(tmp_path / "a.safetensors", weight=(2, 3)), rows)["multimodal"]
    found = {one.key: one for one in said.of_inputs(rows)}
    assert found["texts"].value == ["note"]
    assert found["images"].value == ["film"]
    assert found["columns"].value == ["age", "sex"]
    assert not found["categories"].is_safe


def test_a_recommender_by_its_lists_of_ids(tmp_path):
    (tmp_path / "m").mkdir()
    for name in ("users.json", "items.json", "factors.npz"):
        (tmp_path / "m" / name).write_text("[]")
    assert known(tmp_path / "m")["recommender"].takes == "interactions"
    np.savez(tmp_path / "factors.npz", user_factors=np.zeros((2, 2)), item_factors=np.zeros((2, 2)))
    with pytest.raises(ModelError, match="nothing says whose"):
        known(tmp_path / "factors.npz")


@pytest.mark.parametrize(("url", "asked"), [("http://127.0.0.1:8000/v1", 1), ("https://models.example.org/v1", 2)])
def test_an_endpoint_by_its_address(url, asked):
    said = known(url)["chat"]
    assert next(one.value for one in said.settings if one.key == "endpoint") == url
    assert len([one for one in said.settings if not one.is_safe]) == asked


DAMAGED = {
    "a config that is no JSON": b"{" * 100_000,
    "a config of another kind": b'{"architectures": {"a": 1}, "id2label": [1]}',
    "an empty config": b"",
    "labels without numbers": b'{"architectures": ["XForCausalLM"], "id2label": {"x": "y"}}',
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_config_is_no_crash(tmp_path, case):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_bytes(DAMAGED[case])
    assert set(known(tmp_path / "m")) <= {"chat"}


@pytest.mark.parametrize("head", [b"", b"PK\x03\x04", b"\xff" * 9, b"\x10\0\0\0\0\0\0\0{}", b"PAR1", b"\x80\x02."])
@pytest.mark.parametrize(
    "ending", [".safetensors", ".pt", ".skops", ".keras", ".npz", ".onnx", ".pkl", ".csv", ".parquet"]
)
def test_a_damaged_file_is_refused_or_unknown(tmp_path, ending, head):
    from auditkit.initing.surveying import survey_data, survey_model

    path = tmp_path / f"file.{ending}"
    path.write_bytes(head)
    for survey in (survey_model(HOST, Glimpse(str(path), path)), survey_data(HOST, Glimpse(str(path), path))):
        assert all("could not look" not in error.message for _, error in survey.refused), survey.refused


HEAVY = """
import sys
from pathlib import Path
from auditkit.host import Host
from auditkit.recognising import Glimpse
path = Path(sys.argv[1])
for adapter in Host.installed().adapters.values():
    if adapter.recognises is not None:
        adapter.recognises(Glimpse(str(path), path))
print(sorted({"torch", "transformers", "sklearn", "skops", "keras", "onnx"} & set(sys.modules)))
"""


def test_recognising_imports_no_library_of_models(tmp_path):
    path = folder_of(tmp_path / "m", "model.safetensors", architectures=["XForSequenceClassification"])
    done = subprocess.run([sys.executable, "-c", HEAVY, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_file_in_a_damaged_archive_says_nothing(tmp_path):
    path = tmp_path / "model.keras"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"class_name": "Sequential", "layers": list(range(900))}))
    damaged = bytearray(path.read_bytes())
    damaged[45:60] = b"\xff" * 15
    path.write_bytes(damaged)
    assert Glimpse(path.name, path).member("config.json") == {}
