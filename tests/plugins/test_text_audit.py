"""A text classifier audited through the command line: its scores, its batches, what is cut, and a run that resumes."""

from __future__ import annotations

import random

import numpy as np
import pytest
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec

LIMIT = 30

SPEC = notes_spec(model="max_length = 30\nbatch_size = 16", data='groups = ["sex"]')

NO_LIBRARY = 'raise ImportError("a resumed audit opened the model")\n'


def rows_of(count=60):
    draw = random.Random(4)
    return [
        (" ".join(draw.choice(SENTENCES) for _ in range(draw.randint(1, 6))), draw.choice(("no", "yes")), "FM"[i % 2])
        for i in range(count)
    ]


@pytest.fixture(scope="module")
def audited(make_folder):
    folder = make_folder()
    build(folder.path / "model")
    folder.write("rows.csv", as_csv(("note", "outcome", "sex"), rows_of()))
    folder.write("audit.toml", SPEC)
    answer = folder.run()
    return folder, answer, folder.result()


def bare(folder):
    """Scores [n, 2] and token counts [n] of a bare transformers loop."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder.path / "model").eval()
    tokenizer = AutoTokenizer.from_pretrained(folder.path / "model")
    texts = [row[0] for row in rows_of()]
    with torch.no_grad():
        scores = [
            model(**tokenizer(text, truncation=True, max_length=LIMIT, return_tensors="pt")).logits.softmax(-1)
            for text in texts
        ]
    return np.concatenate(scores), np.array([len(tokenizer(text)["input_ids"]) for text in texts])


def test_its_facts_are_those_of_the_bare_module(audited):
    from transformers import AutoModelForSequenceClassification

    folder, _, result = audited
    module = AutoModelForSequenceClassification.from_pretrained(folder.path / "model")
    facts = result["subject"]["facts"]
    assert facts["architectures"] == [type(module).__name__]
    count = sum(parameter.numel() for parameter in module.parameters())
    assert facts["parameters"] == count
    assert facts["stored"] == {"float32": count}


def test_its_accuracy_is_a_bare_loops(audited):
    folder, answer, result = audited
    assert answer.code == 0, answer
    scores, _ = bare(folder)
    right = [row[1] == ("no", "yes")[place] for row, place in zip(rows_of(), scores.argmax(axis=1), strict=True)]
    found = {m["metric"]: m["value"] for m in result["findings"][0]["measurements"] if not m["group"]}
    assert found["accuracy"] == pytest.approx(np.mean(right), abs=1e-12)


def test_the_result_says_how_it_was_predicted(audited):
    folder, _, result = audited
    lengths = bare(folder)[1]
    cut = int((lengths > LIMIT).sum())
    assert 0 < cut < len(lengths)
    (plan,) = result["provenance"]["batch_plans"]
    assert (plan["order"], plan["batch_size"], plan["rows"]) == ("by length", 16, 60)
    assert (plan["limit"], plan["cut"]) == (LIMIT, cut)
    assert result["run"]["device"] == "cpu"
    assert result["subject"]["prediction_type"] == "ClassScores"
    words = f"{cut} of 60 texts of the audit split were longer than 30 tokens and were cut"
    assert words in folder.page().replace("<bdi>", "").replace("</bdi>", "")


def test_the_console_is_the_audits_alone(audited):
    _, answer, _ = audited
    for word in ("transformers", "Loading", "it/s", "Warning", "Token indices"):
        assert word not in answer.err + answer.out


def test_the_same_audit_again_is_the_same_result(audited):
    folder, _, result = audited
    assert folder.run_here("run", "audit.toml", "--out", "again", "--fresh").code == 0
    again = (folder.path / "again" / "result.json").read_text()
    assert result["result_digest"] in again


def test_a_resumed_audit_opens_no_model_and_still_says_what_was_cut(audited):
    folder, _, result = audited
    assert folder.run_here().code == 2  # the bundle is there: nothing is overwritten
    folder.write("audit.toml", SPEC.replace("min = 0.01", "min = 0.02"))
    (folder.site / "transformers.py").write_text(NO_LIBRARY)
    try:
        answer = folder.run("run", "audit.toml", "--force")
    finally:
        (folder.site / "transformers.py").unlink()
    assert answer.code == 0, answer
    resumed = folder.result()
    assert resumed["subject"]["notes"] == result["subject"]["notes"]
    assert resumed["provenance"]["batch_plans"] == result["provenance"]["batch_plans"]
    assert resumed["run"]["device"] == "cpu"


def test_an_untrained_head_is_exit_2_and_writes_nothing(folder):
    build(folder.path / "model", head=False)
    folder.write("rows.csv", as_csv(("note", "outcome", "sex"), rows_of()))
    folder.write("audit.toml", SPEC)
    folder.run_here().refused("error: the model is not trained: 'classifier.bias', 'classifier.weight' are not in its")
    folder.nothing_written()


@pytest.mark.slow
def test_a_forecast_is_near_the_true_time(tiny_bert):
    """Within a factor of two, in seconds of the processor, so that what else the machine does has no part in it."""
    import time

    from auditkit.forecasts.timing import time_sample
    from auditkit.host import Host
    from auditkit.spec import DataSpec

    given = {"data": DataSpec(audit="rows.csv"), "labels": {}, "target_classes": ("no", "yes"), "device": "cpu"}
    model = Host.installed().adapters["text-classifier"](tiny_bert, **given)
    texts = [row[0] for row in rows_of(3_000)]
    found = time_sample(model, texts, rows=320, clock=time.process_time)
    began = time.process_time()
    order = np.argsort(-np.minimum(model.sizes(texts), model.limit), kind="stable")
    for start in range(0, len(texts), model.batch_size):
        model.predict([texts[place] for place in order[start : start + model.batch_size]])
    true = time.process_time() - began
    assert 0.5 < found.seconds_a_row * len(texts) / true < 2


def test_a_plan_can_measure_what_it_will_cost(audited):
    folder, _, _ = audited
    plain, measured = folder.run_here("plan", "audit.toml"), folder.run_here("plan", "audit.toml", "--measure")
    assert "ms a row" not in plain.out
    assert "BertForSequenceClassification" in plain.out
    lines = [line for line in measured.out.splitlines() if line.startswith("measured ")]
    assert len(lines) == 1
    assert "under 10 s for 60 audit rows" in lines[0]
    assert "16 at once" in lines[0]
    assert "of memory at most so far" in measured.out
