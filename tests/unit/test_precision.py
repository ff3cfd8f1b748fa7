"""Mixed precision: what it does to predictions is measured against float32 on a sample, recorded and told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tables import settings, table, write_network

from auditkit import ClassScores, LabelScores, ModelError, TokenLabels, Values
from auditkit.checks.measuring import measure, open_case
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.precision import compare
from auditkit.predictions import Rankings, Texts
from auditkit.spec import read_spec
from auditkit_tabular import open_tabular

SPEC = """\
name = "a"
seed = 7
[model]
adapter = "tabular"
path = "state.safetensors"
module = "net:build"
categories = {sex = ["F", "M"]}
labels = {0 = "no", 1 = "yes"}
device = "cpu"
precision = "bfloat16"
[data]
audit = "rows.csv"
input = ["age", "sex", "pressure"]
target = "ill"
[[checks]]
use = "performance.overall"
"""
ROWS = 300


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("precision")
    module, rows = write_network(folder), table(ROWS)
    rows.assign(ill=["no", "yes"] * (ROWS // 2)).to_csv(folder / "rows.csv", index=False)
    (folder / "audit.toml").write_text(SPEC)
    return folder, module, rows


def measured(folder, *changes):
    text = (folder / "audit.toml").read_text()
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "changed.toml").write_text(text)
    spec = read_spec(folder / "changed.toml")
    return measure(spec, Host.installed(spec), lambda _: None, store=EvidenceStore.open(folder / "store"))


def matrix(rows):
    sex = rows["sex"].to_numpy()
    columns = [rows["age"].astype(float), sex == "F", sex == "M", rows["pressure"].astype(float)]
    return torch.tensor(np.column_stack(columns), dtype=torch.float32)


def test_the_effect_is_what_a_bare_loop_finds(asked):
    folder, module, rows = asked
    computing = measured(folder).computing
    sample = rows.iloc[np.sort(np.random.default_rng(7).permutation(ROWS)[:256])]
    with torch.no_grad():
        exact = module(matrix(sample)).double().softmax(-1).numpy()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            low = module(matrix(sample)).double().softmax(-1).numpy()
    largest, total, changed = 0.0, 0.0, 0
    for one, other in zip(low, exact, strict=True):
        for mine, theirs in zip(one, other, strict=True):
            largest, total = max(largest, abs(mine - theirs)), total + abs(mine - theirs)
        changed += (one[1] > one[0]) != (other[1] > other[0])
    assert (computing.precision, computing.effect.rows, computing.effect.of) == ("bfloat16", 256, ROWS)
    assert computing.effect.largest == pytest.approx(largest, rel=1e-9)
    assert computing.effect.mean == pytest.approx(total / (256 * 2), rel=1e-9)
    assert computing.effect.changed == changed
    assert largest > 1e-4  # it was computed in another precision


def test_the_audited_numbers_are_those_of_the_lower_precision_and_the_report_says_so(asked):
    folder, module, rows = asked
    found = measured(folder)
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        low = module(matrix(rows)).double().softmax(-1).numpy()
    wanted = np.mean((low[:, 1] > low[:, 0]) == (np.arange(ROWS) % 2 == 1))
    (finding,) = found.findings
    (accuracy,) = [one.value for one in finding.measurements if one.metric == "accuracy"]
    assert accuracy == wanted
    (note,) = [str(one) for one in found.subject.notes if "bfloat16" in str(one)]
    effect = found.computing.effect
    assert note == (
        "the model was run in bfloat16, and 256 of 300 audit rows in float32 too: its numbers differ by at most "
        f"{effect.largest:.2g}, {effect.mean:.2g} on average; rows decided otherwise: {effect.changed}"
    )


def test_a_second_run_does_not_open_the_model_for_it(asked, monkeypatch):
    folder, _, _ = asked
    first = measured(folder)
    monkeypatch.setattr("auditkit.host.Host.open_model", lambda *_, **__: pytest.fail("the model was opened"))
    assert measured(folder).computing == first.computing


def test_float32_has_nothing_to_tell_and_is_kept_apart(asked):
    folder, _, _ = asked
    low, whole = measured(folder), measured(folder, ('precision = "bfloat16"\n', ""))
    assert whole.keys["audit"][1] != low.keys["audit"][1]
    assert (whole.computing.precision, whole.computing.effect) == ("float32", None)
    assert (whole.computing.devices, whole.computing.deterministic, whole.computing.tf32) == (("cpu",), True, False)
    assert whole.computing.threads == torch.get_num_threads()
    assert not [one for one in whole.subject.notes if "float32 too" in str(one)]


def test_a_model_that_cannot_be_held_against_float32_is_refused(asked):
    from auditkit.compute import Broker
    from auditkit.precision import measure_effect

    folder, _, _ = asked
    spec = read_spec(folder / "audit.toml")
    case, _ = open_case(spec, Broker(spec, Host.installed(spec), _model=object()), EvidenceStore.open(folder / "other"))
    with pytest.raises(ModelError, match="computes in bfloat16, and not in float32 too") as caught:
        measure_effect(case, "bfloat16")
    assert "in_float32()" in caught.value.hint


def test_an_ensemble_is_run_in_it_too(tmp_path):
    module, rows = write_network(tmp_path), table()
    (tmp_path / "members").mkdir()
    for place in range(2):
        (tmp_path / "members" / f"{place}.safetensors").write_bytes((tmp_path / "state.safetensors").read_bytes())
    how = {"module": "net:build", "categories": {"sex": ("F", "M")}, "labels": {"0": "no", "1": "yes"}}
    model = open_tabular(tmp_path / "members", **settings(tmp_path, **how, precision="bfloat16"))
    with torch.no_grad():
        exact = module(matrix(rows)).double().softmax(-1).numpy()
    assert model.computing.precision == "bfloat16"
    assert np.allclose(model.in_float32().predict(rows).scores, exact, atol=1e-12)
    assert not np.allclose(model.predict(rows).scores, exact, atol=1e-6)


def test_what_is_no_module_has_no_precision(tmp_path):
    (tmp_path / "model.skops").touch()
    with pytest.raises(ModelError, match="precision is 'bfloat16', which is of torch modules"):
        open_tabular(tmp_path / "model.skops", **settings(tmp_path, precision="bfloat16"))


def scores(*second):
    return ClassScores(("no", "yes"), np.array([[1 - one, one] for one in second]))


def test_classes_by_hand():
    effect = compare(scores(0.49, 0.9), scores(0.51, 0.8), of=9)
    assert (effect.rows, effect.of, effect.changed) == (2, 9, 1)
    assert effect.largest == pytest.approx(0.1)
    assert effect.mean == pytest.approx((0.02 + 0.02 + 0.1 + 0.1) / 4)
    assert compare(scores(0.49, 0.9), scores(0.51, 0.8), of=9, threshold=0.5, positive=("yes",)).changed == 1
    assert compare(scores(0.49, 0.9), scores(0.51, 0.8), of=9, threshold=0.85, positive=("yes",)).changed == 1
    assert compare(scores(0.49, 0.9), scores(0.51, 0.8), of=9, threshold=0.1, positive=("yes",)).changed == 0


def test_labels_values_entities_and_others_by_hand():
    labels = [LabelScores(("a", "b"), np.array([[one, 0.2], [0.6, 0.4]])) for one in (0.45, 0.55)]
    assert (compare(*labels, of=2).changed, compare(*labels, of=2, threshold=0.3).changed) == (1, 0)
    values = [Values(np.array([120.0, one]), np.array([4.0, 5.0])) for one in (80.0, 80.5)]
    effect = compare(*values, of=2)
    assert (effect.largest, effect.mean, effect.changed) == (0.5, 0.125, None)
    entities = [
        TokenLabels((((0, 3, "DRUG", one), (5, 9, "AGE", 0.75)), ((0, 3, "AGE", 1.0),)[: int(one * 2)]))
        for one in (0.25, 0.5)
    ]
    effect = compare(*entities, of=2)
    assert (effect.largest, effect.mean, effect.changed) == (0.25, 0.125, 1)
    rankings = [Rankings(("u", "v"), np.array([["x", "y"], [one, None]], dtype=object)) for one in ("x", "y")]
    effect = compare(*rankings, of=2)
    assert (effect.largest, effect.mean, effect.changed) == (None, None, 1)
    assert compare(Texts((("a",), ("b",))), Texts((("a",), ("c",))), of=2).changed == 1
