"""Replaying audits of every shape: weights, units, several classes or labels, thresholds, float32, samples, options."""

from __future__ import annotations

import random
import textwrap
from pathlib import Path

import pytest
from commands import as_csv
from replays import bundle_in, replayed

HEADER = ("id", "sex", "age", "w", "a", "b", "c", "truth", "la", "lb", "value", "guess", "note")


def rows(count: int = 240) -> list[tuple[str, ...]]:
    draw = random.Random(5)
    made = []
    for place in range(count):
        a, b, c = (draw.random() for _ in range(3))
        total = a + b + c
        scores = [round(a / total, 3), round(b / total, 3)]
        scores.append(round(1 - sum(scores), 3))
        truth = draw.choices("abc", weights=scores)[0]
        sex = "" if place % 17 == 0 else "FM"[draw.random() < 0.6]
        made.append(
            (f"p{place // 2}", sex, "old" if place % 40 == 0 else "young", str(draw.choice((0, 0.5, 1, 2))),
             *map(str, scores), "" if place % 19 == 0 else truth,
             str(int(draw.random() < scores[0])), str(int(draw.random() < scores[1])),
             str(round(draw.gauss(5, 2), 3)), str(round(draw.gauss(5, 2), 3)), f"note {place}")
        )  # fmt: skip
    return made


SPEC = """
name = "A replayed audit"
seed = 11
[model]
adapter = "{adapter}"
[data]
audit = "rows.csv"
groups = ["sex", "age"]
{data}
{more}
[report]
formats = ["html"]
[policy]
[[policy.rules]]
metric = "accuracy"
min = 0.1
because = "a test"
"""


def audited(folder: Path, data: str, more: str = "", adapter: str = "recorded") -> Path:
    """A bundle, made in this process."""
    (folder / "rows.csv").write_text(as_csv(HEADER, rows()))
    (folder / "training.csv").write_text(as_csv(HEADER, rows(100)))
    (folder / "salt").write_bytes(b"0123456789abcdef")
    (folder / "audit.toml").write_text(SPEC.format(adapter=adapter, data=textwrap.dedent(data), more=more))
    return bundle_in(folder)


THREE = 'target = "truth"\nscores = ["a", "b", "c"]\n'
TWO = 'target = "la"\nscores = ["a"]\npositive = "1"\nclasses = ["0", "1"]\n'
RATES = '[[checks]]\nuse = "fairness.group-rates"\n[[checks]]\nuse = "performance"\n'
KINDS = {
    "three classes": (THREE, RATES),
    "one class of three": (THREE + 'positive = "b"\n', '[[checks]]\nuse = "calibration"\n'),
    "weights, units and a salt": (TWO + 'weights = "w"\nunit = "id"\nsalt_file = "salt"\n', ""),
    "a threshold": (TWO + "threshold = 0.3\n", '[[checks]]\nuse = "fairness"\n'),
    "raw scores": (TWO + 'score_kind = "score"\nthreshold = 0.3\n', '[[checks]]\nuse = "performance"\n'),
    "labels alone": ('target = "lb"\npredicted = "la"\n', RATES),
    "several labels": ('target = ["la", "lb"]\nscores = ["a", "b"]\n', ""),
    "no target": ('scores = ["a", "b", "c"]\n', RATES),
    "a sample": (THREE, "[compute]\nmax_rows = 100\n" + RATES),
    "a named metric": (
        TWO, '[[checks]]\nuse = "fairness.metric"\nmetric = "sklearn.metrics:matthews_corrcoef"\n'
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_number_follows_from_the_rows(kind, tmp_path):
    found = replayed(audited(tmp_path, *KINDS[kind]))
    assert found.exit_code == 0, [part for part in found.parts if part.state not in {"equal", "does not apply"}]
    assert {part.state for part in found.parts if part.applies} == {"equal"}
    assert sum(part.values for part in found.parts) > 20
    assert not found.versions


PLUGIN = '''
import numpy as np
from auditkit import ClassScores, Measurement, adapter, check, hookimpl

class Model:
    def predict(self, inputs):
        draw = np.random.default_rng(3)
        scores = draw.dirichlet(np.ones(7), size=len(inputs)).astype(np.float32)
        return ClassScores(tuple("abcdefg"), np.asfortranarray(scores))

@adapter("floats")
def open_floats(path):
    """Scores of half the width, column by column."""
    return Model()

@check("odd.sums", on=None)
def sums(case, *, powers: tuple[int, ...] = (1, 2), names: dict[str, float] = {"a": 0.1}):
    """Sums whose last bits depend on the order in memory."""
    for power in powers:
        rows = (case.predictions.scores.astype(float) ** power / 3).sum(axis=1)
        total = (rows * case.rng("x").random(len(rows))).sum()
        yield Measurement(metric=f"sum_{power}", value=float(total), n=len(case))
        narrow = case.predictions.scores.sum(axis=1).sum()
        yield Measurement(metric=f"narrow_{power}", value=float(narrow), n=len(case))

@check("odd.inputs", on=None)
def looks_at_inputs(case):
    """Reads what the model was given."""
    yield Measurement(metric="longest", value=float(case.inputs.str.len().max()), n=len(case))

@check("odd.training", on=None, needs=("training",))
def looks_at_training(case):
    """Reads the members."""
    yield Measurement(metric="members", value=float(len(case.training.groups["sex"].codes)), n=len(case))
    yield Measurement(metric="scored", value=float(case.training.predictions.scores.max()), n=len(case))

@check("odd.crash", on=None)
def crash(case):
    """Crashes."""
    raise RuntimeError("no")

@hookimpl
def auditkit_register_adapters():
    return [open_floats]

@hookimpl
def auditkit_register_checks():
    return [sums, looks_at_inputs, looks_at_training, crash]
'''


def test_float32_in_fortran_order_and_lists_of_options_give_the_same_bits(tmp_path, install):
    install("odd_plugin", PLUGIN)
    uses = '[[checks]]\nuse = "odd.sums"\npowers = [3, 1]\n[[checks]]\nuse = "performance"\n'
    found = replayed(audited(tmp_path, 'target = "truth"\ninput = "note"\n', uses, adapter="floats"))
    assert {part.state for part in found.parts if part.applies} == {"equal"}
    assert found["odd.sums"].options == {"powers": [3, 1], "names": {"a": 0.1}}


def test_what_needs_inputs_or_crashed_is_listed_and_training_rows_are_carried(tmp_path, install):
    install("odd_plugin", PLUGIN)
    bundle = audited(
        tmp_path, 'target = "truth"\ninput = "note"\ntraining = "training.csv"\n', '[[checks]]\nuse = "odd"\n', "floats"
    )
    assert sorted(path.name for path in (bundle / "evidence").iterdir()) == ["audit.parquet", "training.parquet"]
    found = replayed(bundle)
    assert found.exit_code == 2
    assert {part.name: part.state for part in found.parts} == {
        "the data": "equal",
        "odd.crash": "not replayed",
        "odd.inputs": "not replayed",
        "odd.sums": "equal",
        "odd.training": "equal",
        "the verdict": "equal",
    }
    assert found["odd.inputs"].why == "the evidence holds no inputs"
    assert found["odd.crash"].why.startswith("the audit measured nothing: RuntimeError")
    assert not found["odd.crash"].needed


def test_a_check_that_is_not_installed_is_named(tmp_path, install, monkeypatch):
    install("odd_plugin", PLUGIN)
    bundle = audited(tmp_path, 'target = "truth"\ninput = "note"\n', '[[checks]]\nuse = "odd.sums"\n', "floats")
    monkeypatch.undo()
    found = replayed(bundle)
    assert found.exit_code == 2
    assert found["odd.sums"].why == "the check is not installed, nor is odd_plugin"
    assert found["the data"].state == "equal"


def test_evidence_that_was_taken_out_cannot_be_replayed(tmp_path):
    bundle = audited(tmp_path, *KINDS["no target"])
    (bundle / "evidence" / "audit.parquet").unlink()
    found = replayed(bundle)
    assert found.exit_code == 2
    measured = [part for part in found.parts if part.needed]
    assert {part.state for part in measured} == {"not replayed"}
    assert {part.why.partition(": ")[2] for part in measured} == {
        "evidence/audit.parquet was taken out after the bundle was signed"
    }
    assert sum(part.left for part in measured) > 0
