"""Replaying audits of numbers, rankings, entities and texts: what is computed of texts is kept, and they are not."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from commands import as_csv
from replays import bundle_in, replayed

import auditkit
from auditkit.replay import Replay

SPEC = """
name = "A replayed audit"
{task}
[model]
adapter = "recorded"
[data]
{data}
{checks}
[report]
formats = ["html"]
[policy]
[[policy.rules]]
metric = "{metric}"
min = -1000
because = "a test"
"""


def audited(folder: Path, metric: str, data: str, task: str = "", checks: str = "") -> Path:
    """A bundle of the files that lie in a folder, made in this process."""
    (folder / "audit.toml").write_text(SPEC.format(metric=metric, data=data, task=task, checks=checks))
    return bundle_in(folder)


def assert_follows(bundle: Path, check: str, least: int) -> Replay:
    """Every number of a bundle follows from its rows, and there are at least so many of a check."""
    found = replayed(bundle)
    assert {part.name: part.state for part in found.parts if part.applies and part.state != "equal"} == {}
    assert found.exit_code == 0
    assert found[check].model_dump()["values"] >= least
    return found


def test_numbers_with_their_interval(tmp_path):
    draw = random.Random(1)
    rows = [(draw.gauss(5, 2), draw.gauss(0, 1), place) for place in range(80)]
    lines = [f"{y:.3f},{y + error:.3f},{y + error - 2:.3f},{y + error + 2:.3f},p{n // 2}" for y, error, n in rows]
    (tmp_path / "rows.csv").write_text("\n".join(["y,yhat,lo,hi,who", *lines, ",1,0,2,p1"]) + "\n")
    columns = 'target = "y"\npredicted = "yhat"\nlower = "lo"\nupper = "hi"\nlevel = 0.9\nunit = "who"'
    bundle = audited(tmp_path, "root_mean_squared_error", f'audit = "rows.csv"\n{columns}', task='task = "regression"')
    assert_follows(bundle, "performance.error", 10)


def rankings(folder: Path) -> str:
    draw = random.Random(2)
    for name, items in (("test.csv", 4), ("topk.csv", 8), ("train.csv", 5)):
        lines = ["user,item,score"]
        for user in range(60):
            chosen = draw.sample(range(30), items)
            lines += [f"patient {user},drug {item},{1 / (place + 1):.3f}" for place, item in enumerate(chosen)]
        (folder / name).write_text("\n".join(lines) + "\n")
    return 'loader = "interactions"\naudit = "test.csv"\nrankings = "topk.csv"\nk = 5\n'


def test_rankings_with_what_users_had_before(tmp_path):
    bundle = audited(tmp_path, "ndcg_at_5", rankings(tmp_path) + 'training = "train.csv"')
    assert sorted(path.name for path in (bundle / "evidence").iterdir()) == ["audit.parquet", "training.parquet"]
    assert_follows(bundle, "performance.ranking", 20)
    assert_follows(bundle, "fairness.popularity", 6)
    repeats = [one for one in measurements(bundle, "performance.ranking") if one["metric"] == "repeat_rate_at_5"]
    assert 0 < repeats[0]["value"] < 1
    assert b"patient" not in b"".join(path.read_bytes() for path in (bundle / "evidence").iterdir())


def test_rankings_with_what_is_barred(tmp_path):
    pairs = [f"patient {user},drug {user % 30}" for user in range(0, 60, 2)]
    (tmp_path / "bars.csv").write_text("\n".join(["user,item", *pairs]) + "\n")
    kinds = [f"drug {item},{('old', 'new')[item % 2]},maker {item % 7}" for item in range(30)]
    (tmp_path / "drugs.csv").write_text("\n".join(["item,kind,maker", *kinds]) + "\n")
    more = 'contraindications = "bars.csv"\nitems = "drugs.csv"\nitem_groups = ["kind"]\nprovider = "maker"'
    data = rankings(tmp_path) + more
    bundle = audited(tmp_path, "contraindicated_user_rate_at_5", data)
    assert_follows(bundle, "performance.ranking", 20)
    assert_follows(bundle, "fairness.contraindicated-items", 6)
    assert_follows(bundle, "fairness.item-exposure", 8)
    shares = [one for one in measurements(bundle, "fairness.item-exposure") if one["metric"] == "exposure_share_at_5"]
    assert all("providers" in one["interval"]["method"] for one in shares)
    assert b"maker 3" not in (bundle / "evidence" / "audit.parquet").read_bytes()
    assert measurements(bundle, "fairness.contraindicated-items")[0]["value"] == 1 / 2


def measurements(bundle: Path, check: str) -> list[dict]:
    findings = json.loads((bundle / "result.json").read_bytes())["findings"]
    return next(one["measurements"] for one in findings if one["check"] == check)


def test_entities(tmp_path):
    draw = random.Random(3)
    places = ((0, 4, "DRUG"), (5, 9, "DOSE"), (10, 12, "DRUG"))
    spans = [{"start": start, "end": end, "label": label} for start, end, label in places]
    rows = [[json.dumps(draw.sample(spans, draw.randint(0, 3))) for _ in range(2)] for _ in range(60)]
    (tmp_path / "rows.csv").write_text(as_csv(("true", "found"), rows))
    columns = 'target = "true"\npredicted = "found"'
    bundle = audited(tmp_path, "entity_f1", f'audit = "rows.csv"\n{columns}', 'task = "tokens"')
    assert_follows(bundle, "performance.entities", 10)


def texts(folder: Path, checks: str = "", more: str = "") -> Path:
    """An audit of texts, some of them empty, some refusals, some without a reference."""
    lines = [
        f'"{("Take two pills for Jo Doe", "I cannot answer", "", "Rest")[n % 4]}",{("Rest", "", "No")[n % 3]}'
        for n in range(90)
    ]
    (folder / "rows.csv").write_text("\n".join(["answer,reference", *lines]) + "\n")
    columns = 'generated = "answer"\ntarget = "reference"'
    return audited(folder, "mean_words", f'audit = "rows.csv"\n{columns}', checks=checks + more)


@pytest.mark.parametrize("more", ["", "[compute]\nmax_rows = 40\n"], ids=["all rows", "a sample"])
def test_texts_by_the_numbers_that_were_computed_of_them(tmp_path, more):
    bundle = texts(tmp_path, '[[checks]]\nuse = "performance"\n', more)
    found = assert_follows(bundle, "performance.texts", 12)
    assert [name.partition(":")[2] for name in found["performance.texts"].taken] == [
        "words_of", "are_empty", "are_refusals", "are_references",
    ]  # fmt: skip
    table = pq.read_table(bundle / "evidence" / "audit.parquet", use_threads=False)
    assert [name for name in table.column_names if name.startswith("number:")] == [f"number:{n}" for n in range(4)]
    assert table.column("number:0").null_count == (50 if more else 0)
    assert b"Jo Doe" not in (bundle / "evidence" / "audit.parquet").read_bytes()
    share = next(one for one in measurements(bundle, "performance.texts") if one["metric"] == "refusal_rate")
    assert more or share["value"] == pytest.approx(23 / 90)


PLUGIN = '''
import numpy as np
from auditkit import Measurement, Texts, check, hookimpl

def lengths(case):
    return case.inputs.iloc[:, 0].fillna("").astype(str).str.len().to_numpy(dtype=float)

def table(case):
    return np.column_stack([lengths(case), lengths(case)])

def scores(case, *, power):
    return case.rng("x").random(len(case)) ** power

@check("inputs.chunks", on=None, streams=True)
def chunks(case):
    """One number a row, chunk by chunk."""
    total = case.reduce(lambda chunk: float(chunk.compute(lengths).sum()), lambda a, b: a + b, size=40)
    yield Measurement(metric="characters", value=total, n=len(case))

@check("inputs.kept", on=None)
def kept(case):
    """What needs the inputs, and what needs nothing."""
    yield Measurement(metric="longest", value=float(case.compute(lengths).max()), n=len(case))
    yield Measurement(metric="random", value=float(case.compute(scores, power=2).mean()), n=len(case))

@check("inputs.direct", on=None)
def direct(case):
    """Reads the inputs itself."""
    yield Measurement(metric="direct", value=float(lengths(case).max()), n=len(case))

@check("inputs.wide", on=None)
def wide(case):
    """Computes more than a number a row."""
    yield Measurement(metric="wide", value=float(case.compute(table).max()), n=len(case))

@check("inputs.texts", on=Texts)
def texts(case):
    """Reads the texts itself."""
    yield Measurement(metric="letters", value=float(sum(map(len, case.predictions.texts))), n=len(case))

@hookimpl
def auditkit_register_checks():
    return [chunks, kept, direct, wide, texts]
'''


def test_what_is_computed_of_inputs_is_kept_and_what_reads_them_itself_is_not_replayed(tmp_path, install):
    install("inputs_plugin", PLUGIN)
    found = replayed(texts(tmp_path, '[[checks]]\nuse = "inputs"\n'))
    said = {part.name: (part.state, part.why) for part in found.parts if part.name.startswith("inputs")}
    assert said == {
        "inputs.chunks": ("equal", ""),
        "inputs.direct": ("not replayed", "the evidence holds no inputs"),
        "inputs.kept": ("equal", ""),
        "inputs.texts": ("not replayed", "the evidence holds no generated texts"),
        "inputs.wide": ("not replayed", "the evidence holds no inputs"),
    }
    assert found["inputs.kept"].taken == ("inputs_plugin:lengths",)
    assert found.exit_code == 2


def test_an_audit_of_what_is_in_memory(tmp_path):
    draw = np.random.default_rng(4)
    scores = draw.random(120)
    data = pd.DataFrame({"sick": (draw.random(120) < scores).astype(int), "sex": draw.choice(["F", "M"], 120)})
    result = auditkit.audit(
        scores, data, target="sick", groups=["sex"], positive=1, checks=["performance", "fairness.group-rates"]
    )
    found = replayed(result.write(tmp_path / "bundle", formats=["html"]))
    assert {part.state for part in found.parts if part.applies} == {"equal"}
    assert found.exit_code == 0
