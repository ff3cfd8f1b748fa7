"""The examples of tables: what the audit says of their models is what a bare loop over them says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest, norm
from sklearn.metrics import mean_absolute_error, roc_auc_score

EXAMPLES = Path(__file__).parents[2] / "examples"


def trained(folder, example):
    """A folder with what the example writes."""
    command = [sys.executable, str(EXAMPLES / example / "train.py"), str(folder.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=200, env=folder.environment)
    for file in EXAMPLES.joinpath(example).glob("*.toml"):
        (folder.path / file.name).write_text(file.read_text() + '\n[report]\nformats = ["html"]\n')
    shutil.copy(EXAMPLES / example / "net.py", folder.path)
    return folder


@pytest.fixture(scope="module")
def heart(make_folder):
    return trained(make_folder(), "heart_table")


@pytest.fixture(scope="module")
def pressure(make_folder):
    return trained(make_folder(), "blood_pressure")


def overall(result, check, metric):
    (finding,) = [one for one in result["findings"] if one["check"] == check]
    (value,) = [m["value"] for m in finding["measurements"] if m["metric"] == metric and not m["group"]]
    return value


def audited(folder, spec, *codes):
    answer = folder.run_here("run", f"{spec}.toml", "--out", f"{spec}-out")
    assert answer.code in codes, answer
    import json

    result = json.loads((folder.path / f"{spec}-out" / "result.json").read_bytes())
    return result, (folder.path / f"{spec}-out" / "report.html").read_text()


def module_of(folder, build):
    from safetensors.torch import load_file

    names = {}
    exec((folder.path / "net.py").read_text(), names)  # noqa: S102  the example's own
    module = names[build]()
    module.load_state_dict(load_file(next(folder.path.glob("*.safetensors"))))
    return module.eval()


def one_hot(rows, numbers, choices):
    columns = [rows[name] == choice for name, listed in choices.items() for choice in listed]
    return pd.concat([rows[numbers], *columns], axis=1).to_numpy(dtype="float32")


def test_the_pipeline(heart):
    import skops.io

    result, page = audited(heart, "audit", 5)
    rows = pd.read_csv(heart.path / "audit.csv", keep_default_na=False, na_values=[""])
    fitted = skops.io.load(heart.path / "heart.skops", trusted=["numpy.dtype"])
    scores = fitted.predict_proba(rows)[:, list(fitted.classes_).index("yes")]
    wanted = roc_auc_score(rows["heart_disease"] == "yes", scores)
    assert overall(result, "performance.overall", "roc_auc") == pytest.approx(wanted, abs=1e-12)
    assert wanted > 0.8
    assert "Run on trust" not in page


@pytest.mark.slow
def test_the_network(heart):
    import tomllib

    import torch

    result, page = audited(heart, "network", 5)
    spec = tomllib.loads((heart.path / "network.toml").read_text())
    rows = pd.read_csv(heart.path / "audit.csv", keep_default_na=False, na_values=[""])
    numbers = [name for name in spec["data"]["input"] if name not in spec["model"]["categories"]]
    with torch.no_grad():
        logits = module_of(heart, "build")(torch.tensor(one_hot(rows, numbers, spec["model"]["categories"])))
    wanted = roc_auc_score(rows["heart_disease"] == "yes", (logits[:, 1] - logits[:, 0]).numpy())
    assert overall(result, "performance.overall", "roc_auc") == pytest.approx(wanted, abs=1e-6)
    (trusted,) = result["subject"]["trusted"]
    assert trusted["params"]["reference"] == "net:build"
    assert "Run on trust" in page
    assert f"The audit ran net:build, sha256:{trusted['params']['digest']}" in page


@pytest.mark.slow
@pytest.mark.skipif(find_spec("keras") is None, reason="pip install 'auditkit[keras]'")
def test_the_keras_model(heart):
    import tomllib

    command = [sys.executable, str(EXAMPLES / "heart_table" / "train_keras.py"), str(heart.path)]
    subprocess.run(command, check=True, capture_output=True, timeout=200, env=heart.environment)
    result, page = audited(heart, "keras", 5)
    choices = tomllib.loads((heart.path / "keras.toml").read_text())["model"]["categories"]
    rows = pd.read_csv(heart.path / "audit.csv", keep_default_na=False, na_values=[""])
    np.save(heart.path / "rows.npy", one_hot(rows, ["age"], choices))
    # In a process of its own: Keras reads its backend when it is imported.
    script = (
        "import keras, numpy as np; rows = np.load('rows.npy'); "
        "np.save('bare.npy', keras.saving.load_model('heart.keras').predict(rows, verbose=0))"
    )
    own = {**heart.environment, "KERAS_BACKEND": "torch"}
    subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, cwd=heart.path, env=own, timeout=200
    )
    wanted = roc_auc_score(rows["heart_disease"] == "yes", np.load(heart.path / "bare.npy")[:, 1])
    assert overall(result, "performance.overall", "roc_auc") == pytest.approx(wanted, abs=1e-9)
    assert wanted > 0.8
    assert result["provenance"]["computing"]["precision"] == "float32"
    assert "keras" in result["provenance"]["libraries"]
    assert "Run on trust" not in page


@pytest.mark.slow
def test_the_value_and_its_interval(pressure):
    import torch

    rows = pd.read_csv(pressure.path / "audit.csv")
    given = one_hot(rows, ["age", "bmi", "salt"], {"sex": ["female", "male"], "medicated": ["no", "yes"]})
    with torch.no_grad():
        mean, spread = module_of(pressure, "build")(torch.tensor(given)).double().numpy().T
    plain, _ = audited(pressure, "audit", 0)
    wanted = mean_absolute_error(rows["systolic"], mean)
    assert overall(plain, "performance.error", "mean_absolute_error") == pytest.approx(wanted, abs=1e-9)
    result, _ = audited(pressure, "interval", 0)
    assert overall(result, "performance.error", "mean_absolute_error") == pytest.approx(wanted, abs=1e-4)
    reach = norm.ppf(0.95) * spread
    covered = np.mean(np.abs(rows["systolic"] - mean) <= reach)
    assert overall(result, "performance.error", "interval_coverage") == pytest.approx(covered, abs=1e-3)
    assert overall(result, "performance.error", "mean_interval_width") == pytest.approx(2 * reach.mean(), abs=1e-3)
    assert overall(plain, "reliability.intervals", "central_interval_coverage") == pytest.approx(covered, abs=1e-3)
    places = kstest(norm.cdf((rows["systolic"] - mean) / spread), "uniform").statistic
    assert overall(plain, "reliability.intervals", "pit_distance") == pytest.approx(places, abs=1e-6)
    # It has learnt that pressure scatters more with age: 4 mmHg at 20, 11.2 at 80.
    assert spread[rows["age"] < 30].mean() < 7
    assert spread[rows["age"] > 70].mean() > 9
