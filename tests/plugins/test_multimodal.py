"""Note, film and numbers of one patient together: scored as by the bare module; what is missing is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from commands import as_csv
from patients import INPUT, OPTIONS, by_hand, net_of, patients, write_patients_model
from tiny_images import pixels

from auditkit import ClassScores, DataError, Embeds, LabelScores, ModelError
from auditkit.files import InputFile
from auditkit.host import Host
from auditkit.spec import DataSpec
from auditkit.testing import obey_contract

ADAPTER = Host.installed().adapters["multimodal"]
DEFAULTS = {option.name: option.default for option in ADAPTER.options if not option.required}
LABELS = {"0": "home", "1": "ward"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with the model, the module and seven patients."""
    folder = tmp_path_factory.mktemp("patients")
    return folder, write_patients_model(folder), patients(folder)


def given(folder, **changes):
    data = {"target": "outcome", "input": INPUT} | changes.pop("data", {})
    how = {"device": "cpu", "labels": LABELS, "target_classes": ("home", "ward"), "spec_folder": folder}
    return DEFAULTS | OPTIONS | how | {"data": DataSpec(audit="rows.csv", **data)} | changes


def opened(folder, path="model", **changes):
    return ADAPTER(folder / path, **given(folder, **changes))


def softmax(logits):
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def test_scores_are_the_bare_modules_one_patient_at_a_time(made):
    folder, module, rows = made
    found = opened(folder).predict(rows)
    assert isinstance(found, ClassScores)
    assert found.classes == ("home", "ward")
    expected = softmax(by_hand(module, folder, rows))
    assert np.asarray(found.scores) == pytest.approx(expected, abs=1e-6)
    assert np.ptp(expected[:, 0]) > 0.05


def test_labels_are_sigmoids_and_probabilities_are_left_as_they_are(made):
    folder, module, rows = made
    several = {"multi_label": True, "data": {"target": ("home", "ward")}}
    found = opened(folder, **several).predict(rows)
    assert isinstance(found, LabelScores)
    logits = by_hand(module, folder, rows)
    assert np.asarray(found.scores) == pytest.approx(1 / (1 + np.exp(-logits)), abs=1e-6)
    raw = opened(folder, output="probabilities", **several).predict(rows)
    assert np.asarray(raw.scores) == pytest.approx(logits, abs=1e-5)


def test_sigmoids_that_are_said_to_be_logits_of_labels_are_refused(made, monkeypatch):
    folder, _, rows = made
    model = opened(folder, multi_label=True, data={"target": ("home", "ward")})
    said = torch.linspace(0.02, 0.98, 70).reshape(35, 2)
    monkeypatch.setattr(model.module, "forward", lambda **_: said)
    with pytest.raises(ModelError, match="probabilities, no logits"):
        model.predict(pd.concat([rows] * 5, ignore_index=True))


def test_a_patients_vector_is_what_the_last_layer_is_given(made):
    folder, module, rows = made
    model = opened(folder)
    assert isinstance(model, Embeds)
    assert model.embed(rows) == pytest.approx(by_hand(module, folder, rows, fused=True), abs=1e-5)
    assert model.embed(rows[:0]).shape == (0, 30)


def test_rows_are_as_long_as_their_notes_and_films_are_decoded_ahead(made):
    folder, _, rows = made
    model = opened(folder, max_length=6)
    assert model.limit == 6
    assert model.sizes(rows).tolist() == [len(note.split()) + 2 for note in rows["note"]]
    model.ahead(rows[:3])
    film = model.parts[1].images
    assert len(film._begun) == 3
    model.predict(rows[:3])
    assert film._begun == {}
    assert "the module is given 'note', 'film', 'table' together" in map(str, model.notes)


def test_arrays_of_pixels_that_a_check_made_are_taken(made):
    folder, _, rows = made
    changed = rows.assign(film=pd.Series([pixels(place) for place in range(7)], dtype=object))
    model = opened(folder)
    assert np.asarray(model.predict(changed).scores) == pytest.approx(np.asarray(model.predict(rows).scores), abs=1e-6)


def test_the_multimodal_adapter_obeys_its_contract(made):
    folder, _, rows = made
    obey_contract(ADAPTER, path=folder / "model", inputs=rows, **given(folder))


GAPS = {"note": (1, "  "), "film": (2, None), "age": (3, None), "sex": (4, None)}


@pytest.mark.parametrize("column", GAPS)
def test_what_is_missing_is_refused_unless_the_spec_says_otherwise(made, column):
    folder, _, rows = made
    row, blank = GAPS[column]
    bare = rows.copy()
    bare.loc[row, column] = blank
    with pytest.raises(
        DataError, match=rf"column '{column}' has no \w+ in 1 rows of a batch, first in its row {row + 1}"
    ):
        opened(folder).predict(bare)


def test_what_is_missing_is_masked_and_the_module_is_told(made, tmp_path):
    """By hand: the module is asked for one patient at a time, with zeros in the place of what is missing."""
    _, _, rows = made
    module = write_patients_model(tmp_path, build="masked")
    bare = rows.copy()
    for column, (row, blank) in GAPS.items():
        bare.loc[row, column] = blank
    model = opened(tmp_path, module="net:masked", lacking="mask")
    found = np.asarray(model.predict(bare).scores)
    assert "the module is told, as the spec says" in str(model.notes[-1])
    encoder, film = model.parts[0].encoder, model.parts[1].images
    wanted = []
    for note, picture, age, sex in bare[list(INPUT)].itertuples(index=False):
        tokens = dict(encoder.tokenizer([note.strip()], return_tensors="pt"))
        shown = torch.zeros(1, 3, 8, 8) if picture is None else torch.from_numpy(film.batch([picture]))
        numbers = torch.tensor([[0.0 if age is None else float(age), float(sex == "F"), float(sex == "M")]])
        there = {
            "note": torch.tensor([bool(note.strip())]),
            "film": torch.tensor([picture is not None]),
            "table": torch.tensor([[age is not None, sex is not None, sex is not None]]),
        }
        with torch.inference_mode():
            wanted.append(module(note=tokens, film=shown, table=numbers, present=there)[0].numpy())
    assert found == pytest.approx(softmax(np.array(wanted)), abs=1e-5)
    whole = np.asarray(model.predict(rows).scores)
    assert np.abs(whole - found).max(axis=1)[[1, 2, 3]].min() > 1e-6


def refused(folder, path="model", **changes):
    with pytest.raises(ModelError) as caught:
        opened(folder, path, **changes)
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"texts": ()}, "[data] input names 'note', and none of texts, images and columns does"),
        ({"texts": ("note", "age")}, "[model] texts, images and columns name 'age' twice"),
        ({"columns": ("age", "sex", "weight")}, "[model] names 'weight', and [data] input does not"),
        ({"categories": {"sex": ()}}, "nothing says which categories 'sex' has"),
        ({"module": "net:shy"}, "for which the Linear has no place"),
        ({"module": "net:three"}, "last.bias"),
        ({"module": "net:masked"}, "the module cannot take what the rows become, note (input_ids (1 x "),
        ({"lacking": "mask"}, "unexpected keyword argument 'present'"),
        ({"labels": {}}, "nothing says which class each of the module's 2 numbers stands for"),
        ({"multi_label": True}, "[data] target and multi_label differ"),
        ({"max_length": 2}, "[model] max_length is 2, and this tokenizer takes at least 3 and at most 48"),
        ({"resize": (8, 8), "mean": (0.5,) * 3, "std": (0.5,) * 3}, "both 'preprocessor_config.json' of the model"),
    ],
)
def test_what_does_not_fit_is_refused(made, changes, said):
    assert said in refused(made[0], **changes)


def test_a_module_that_answers_by_chance_is_refused(tmp_path):
    write_patients_model(tmp_path)
    assert "for the same input that it gave" in refused(tmp_path, module="net:by_chance")


@pytest.mark.parametrize("function", ["padded", "centred"])
def test_a_module_that_answers_by_the_other_rows_of_a_batch_is_refused(tmp_path, function):
    write_patients_model(tmp_path)
    assert "for a row alone that it gives" in refused(tmp_path, module=f"net:{function}")


def test_no_column_may_take_a_keyword_that_means_something_else(made):
    changes = {"texts": ("note", "table"), "data": {"input": (*INPUT, "table")}}
    assert "a column is called 'table', a keyword of forward" in refused(made[0], **changes)


def test_a_folder_that_lacks_what_its_columns_need_is_refused(tmp_path):
    write_patients_model(tmp_path, processor=False)
    assert "nothing says how images are prepared: the model 'model' has no" in refused(tmp_path)
    declared = {"resize": (8, 8), "mean": (0.5,) * 3, "std": (0.5,) * 3}
    assert opened(tmp_path, **declared).parts[1].images.channels == 3
    (tmp_path / "model" / "tokenizer.json").unlink()
    assert "holds no tokenizer" in refused(tmp_path, **declared)
    alone = {"path": "model/model.safetensors", **declared}
    assert "is a state alone, and texts need the tokenizer" in refused(tmp_path, **alone)


SPEC = """\
name = "Patients"
[model]
adapter = "multimodal"
path = "model"
module = "net:masked"
output = "logits"
labels = {0 = "home", 1 = "ward"}
texts = ["note"]
images = ["film"]
columns = ["age", "sex"]
categories = {sex = ["F", "M"]}
lacking = "mask"
batch_size = 8
[data]
audit = "rows.csv"
input = ["note", "film", "age", "sex"]
target = "outcome"
positive = "ward"
groups = ["sex"]
[[checks]]
use = "performance.overall"
[policy]
[[policy.rules]]
metric = "accuracy"
min = 0.01
because = "a test"
[report]
formats = ["html"]
"""


def test_an_audit_from_a_table_with_gaps(folder):
    """Rows are predicted longest note first, in batches of eight, and come back in their order."""
    write_patients_model(folder.path, build="masked")
    rows = patients(folder.path, 20)
    net_of(folder.path)
    cells = [
        (note, "" if place == 5 else film.name, age, sex, ("home", "ward")[place % 3 == 0])
        for place, (note, film, age, sex) in enumerate(rows.itertuples(index=False))
    ]
    folder.write("rows.csv", as_csv((*INPUT, "outcome"), cells))
    folder.write("audit.toml", SPEC)
    answer = folder.run_here()
    assert answer.code == 0, answer
    frame = rows.assign(film=[None if place == 5 else cell for place, cell in enumerate(rows["film"])])
    model = opened(folder.path, module="net:masked", lacking="mask")
    scores = np.asarray(model.predict(frame).scores)
    right = [model.classes[score.argmax()] == cell[-1] for score, cell in zip(scores, cells, strict=True)]
    measured = {
        m["metric"]: m["value"] for m in folder.finding("performance.overall")["measurements"] if not m["group"]
    }
    assert measured["accuracy"] == pytest.approx(np.mean(right))
    assert isinstance(rows["film"][0], InputFile)
    folder.write("audit.toml", SPEC.replace('lacking = "mask"\n', "").replace("net:masked", "net:build"))
    folder.run_here("run", "audit.toml", "--force").refused("row 6 of 'rows.csv': it names no file")
