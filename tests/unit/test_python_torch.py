"""Torch modules and Hugging Face pipelines, given as they are: equal to a bare loop, and left as they were."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

import auditkit
from auditkit import ClassScores, DataError, ModelError
from auditkit.inmemory.identity import state_digest
from auditkit.inmemory.models import found_model
from auditkit.inmemory.naming import Naming

torch = pytest.importorskip("torch")
nn = torch.nn

NAMED = {"target": "ill", "positive": "yes", "classes": ["no", "yes"], "input": ["age", "bmi"], "seed": 3}
NAMED |= {"checks": ["calibration.error", "fairness.gaps", "performance"]}
POLICY = {"rules": [{"metric": "accuracy", "min": 0.1, "because": "a test"}]}


@pytest.fixture(scope="module")
def patients():
    draw = np.random.default_rng(5)
    frame = pd.DataFrame({"age": draw.normal(0, 1, 160), "bmi": draw.normal(0, 1, 160), "sex": ["F", "M"] * 80})
    frame["ill"] = np.where(frame.age + frame.bmi > 0, "yes", "no")
    return frame


def network(*layers):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), *(layers or [nn.Linear(8, 2)]))


def table(patients):
    return np.ascontiguousarray(patients[["age", "bmi"]].to_numpy())


def logits(module, patients):
    with torch.no_grad():
        return module.eval()(torch.tensor(table(patients), dtype=torch.float32)).double()


def numbers(result):
    return [finding.model_dump(mode="json")["measurements"] for finding in result.findings]


def test_logits_are_measured_as_their_softmax(patients):
    module = network()
    by_hand = logits(module, patients).softmax(dim=-1).numpy()
    named = {**NAMED, "groups": "sex", "policy": POLICY}
    by_module = auditkit.audit(module, patients, **named)
    assert by_module.subject.classes == ("no", "yes")
    computing = by_module.provenance.computing
    assert (computing.devices, computing.threads, computing.precision) == (("cpu",), torch.get_num_threads(), "float32")
    # Nobody's switches are turned in a process that is not auditkit's own.
    assert computing.deterministic == torch.are_deterministic_algorithms_enabled()
    assert numbers(by_module) == numbers(auditkit.audit(by_hand, patients, **named))


def test_how_a_module_of_another_precision_computes_is_not_claimed():
    half = found_model(network().to(torch.bfloat16), "logits").make(Naming(("no", "yes"), "yes"), {})
    assert half.computing is None
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert found_model(network(), "logits").make(Naming(("no", "yes"), "yes"), {}).computing is None


def predicted(module, patients, outputs="logits", **naming):
    names = Naming(**{"classes": ("no", "yes"), "positive": "yes"} | naming)
    return found_model(module, outputs).make(names, {}).predict(patients[["age", "bmi"]])


def test_one_logit_is_the_positive_class(patients):
    module = network(nn.Linear(8, 1))
    said = predicted(module, patients)
    np.testing.assert_array_equal(said.scores[:, 1], logits(module, patients).sigmoid().numpy()[:, 0])
    assert said.classes == ("no", "yes")


def test_probabilities_are_not_taken_for_logits(patients):
    for layers in ([nn.Linear(8, 2), nn.Softmax(dim=1)], [nn.Linear(8, 1), nn.Sigmoid()]):
        module = network(*layers)
        with pytest.raises(ModelError, match="no logits") as told:
            predicted(module, patients)
        assert told.value.hint == 'outputs="probabilities"'
        assert isinstance(predicted(module, patients, "probabilities"), ClassScores)

    class Hidden(nn.Module):
        def forward(self, rows):
            return rows.softmax(dim=1)

    with pytest.raises(ModelError, match="sum to 1 in every row"):
        predicted(Hidden(), patients)


def test_values_come_as_they_are(patients):
    module = network(nn.Linear(8, 1))
    expected = logits(module, patients).numpy()[:, 0]
    np.testing.assert_array_equal(predicted(module, patients, "values").values, expected)


def test_a_module_is_left_as_it_was(patients):
    module = network().train()
    module[1].eval()  # a frozen normalisation must stay frozen
    before = [part.training for part in module.modules()]
    state = torch.get_rng_state()
    running = module[1].running_mean.clone()
    auditkit.audit(module, patients, policy=POLICY, **NAMED)
    assert [part.training for part in module.modules()] == before
    assert torch.is_grad_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(module[1].running_mean, running)
    assert all(parameter.grad is None for parameter in module.parameters())


def test_double_precision_stays_double(patients):
    module = network().double()
    with torch.no_grad():
        said = module.eval()(torch.tensor(table(patients))).softmax(dim=-1).numpy()
    np.testing.assert_array_equal(predicted(module, patients).scores, said)


def test_a_state_digest_is_what_the_docs_say_it_is():
    state = {"b": torch.tensor([1.5, -2.0], dtype=torch.bfloat16), "a": torch.arange(6).reshape(2, 3)}
    by_hand = hashlib.sha256()
    raw = {"a": np.arange(6, dtype="<i8").tobytes(), "b": bytes.fromhex("c03f00c0")}
    for name, kind, shape in (("a", "torch.int64", [2, 3]), ("b", "torch.bfloat16", [2])):
        for part in (name.encode(), kind.encode(), json.dumps(shape).encode(), raw[name]):
            by_hand.update(len(part).to_bytes(8, "big") + part)
    assert state_digest(state) == by_hand.hexdigest()
    assert state_digest({"a": state["a"].reshape(3, 2), "b": state["b"]}) != by_hand.hexdigest()


def test_what_a_module_cannot_take_is_said(patients):
    with pytest.raises(DataError, match="column 'sex' holds 'F'"):
        auditkit.audit(network(), patients, **{**NAMED, "input": ["age", "sex"]})
    with pytest.raises(ModelError, match="nothing says which class"):
        auditkit.audit(network(), patients, **{**NAMED, "classes": None})
    with pytest.raises(auditkit.AuditError, match="which columns the model is given"):
        auditkit.audit(network(), patients, **{**NAMED, "input": None})


# A pipeline.


@pytest.fixture(scope="module")
def pipeline():
    transformers = pytest.importorskip("transformers")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "cold", "chest", "pain", "today", "since"]
    tokenizer = transformers.BertTokenizerFast(vocab={word: place for place, word in enumerate(words)})
    torch.manual_seed(2)
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=16, initializer_range=0.6, num_labels=3, id2label={0: "urgent", 1: "soon", 2: "later"},
        label2id={"urgent": 0, "soon": 1, "later": 2},
    )  # fmt: skip
    model = transformers.BertForSequenceClassification(config).eval()
    return transformers.pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu")


@pytest.fixture(scope="module")
def notes():
    draw = np.random.default_rng(3)
    words = ["a", "cold", "chest", "pain", "today", "since"]
    texts = [" ".join(draw.choice(words, draw.integers(1, 9))) for _ in range(60)]
    return pd.DataFrame({"note": texts, "triage": draw.choice(["urgent", "soon", "later"], 60), "sex": ["F", "M"] * 30})


def test_a_pipeline_gives_what_a_bare_loop_gives(pipeline, notes):
    loop = np.empty((60, 3))
    order = {"urgent": 0, "soon": 1, "later": 2}
    for row, text in enumerate(notes["note"]):
        for said in pipeline(text, top_k=None):
            loop[row, order[said["label"]]] = said["score"]
    assert len(set(loop.argmax(axis=1))) > 1
    named = {"target": "triage", "groups": "sex", "checks": "performance", "policy": POLICY}
    result = auditkit.audit(pipeline, notes, input="note", **named)
    assert result.provenance.computing.devices == ("cpu",)
    assert result.subject.classes == ("urgent", "soon", "later")
    assert numbers(result) == numbers(auditkit.audit(loop, notes, classes=list(order), **named))
    assert "its tokenizer" in str(result.subject.notes[1])


def test_labels_of_a_pipeline_are_renamed(pipeline, notes):
    renamed = {"urgent": "1", "soon": "2", "later": "3"}
    data = notes.assign(triage=notes["triage"].map(renamed).astype(int))
    result = auditkit.audit(
        pipeline, data, target="triage", input="note", labels=renamed, positive=1, checks="performance", policy=POLICY
    )
    assert result.subject.classes == ("1", "2", "3")


def test_what_a_pipeline_cannot_take_is_said(pipeline, notes):
    with pytest.raises(DataError, match="row 2; wanted a text"):
        auditkit.audit(pipeline, notes.assign(note=["pain", None] * 30), target="triage", input="note")
    with pytest.raises(ModelError, match="takes tokens") as told:
        auditkit.audit(pipeline.model, notes, target="triage", input="note")
    assert "transformers.pipeline" in told.value.hint


def test_classes_of_a_pipeline_that_share_a_name_are_refused(pipeline, notes, monkeypatch):
    monkeypatch.setattr(pipeline.model.config, "id2label", {0: "urgent", 1: "soon", 2: "urgent"})
    with pytest.raises(ModelError, match="two classes of the pipeline's model have one name"):
        auditkit.audit(pipeline, notes, target="triage", input="note")


def test_a_folder_is_opened_by_its_adapter(tmp_path):
    pytest.importorskip("transformers")
    import tiny_bert

    folder = tiny_bert.build(tmp_path / "model")
    data = {"note": ["a cold", "chest pain"] * 30, "truth": ["no", "yes"] * 30}
    named = {"target": "truth", "input": "note", "positive": "yes", "checks": "performance"}
    result = auditkit.audit(folder, data, device="cpu", **named)
    assert (result.subject.adapter, result.subject.path) == ("text-classifier", "model")
    assert "model.safetensors" in {file.name for file in result.subject.files}
