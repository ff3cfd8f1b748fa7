"""Each policy pack over predictions: a model that serves everybody passes, one that does not fails by its rules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from commands import Folder, naming

HEAD = """\
name = "A pack over people"
seed = 3
{task}
[model]
adapter = "recorded"
[data]
{data}
{checks}
[report]
formats = ["html"]
[policy]
extends = ["{pack}"]
"""
SCORED = 'audit = "rows.csv"\ntarget = "ill"\npositive = "yes"\nscores = ["no", "yes"]\nclasses = ["no", "yes"]\n'


def told_less(folder: Path, harm: float, n: int = 6000) -> str:
    """True risks for everybody; or half of the women are told a fifth of theirs."""
    rng = np.random.default_rng(11)
    sex = np.repeat(["F", "M"], n // 2)
    risk = 1 / (1 + np.exp(-rng.normal(-0.5, 4.5, n)))
    ill = rng.random(n) < risk
    told = np.where((sex == "F") & (rng.random(n) < harm), risk / 5, risk) if harm else risk
    rows = pd.DataFrame({"sex": sex, "ill": np.where(ill, "yes", "no"), "no": 1 - told, "yes": told})
    rows.to_csv(folder / "rows.csv", index=False)
    return SCORED + 'groups = ["sex"]'


def findable(folder: Path, harm: float) -> str:
    """Of each age and ward six people or more; or one of each."""
    rng = np.random.default_rng(5)
    age = np.arange(400) if harm else np.arange(400) % 40
    rows = pd.DataFrame({"age": age, "ward": "north", "ill": np.where(rng.random(400) < 0.4, "yes", "no")})
    rows = rows.assign(yes=0.4, no=0.6)
    rows.to_csv(folder / "rows.csv", index=False)
    return SCORED + 'quasi_identifiers = ["age", "ward"]'


def shown(folder: Path, harm: float) -> str:
    """Lists of ten out of forty, right for everybody; or every second woman is shown what is barred for her."""
    rng = np.random.default_rng(8)
    lists, wanted, users, barred = [], [], [], []
    for user in range(1500):
        sex = "FM"[user % 2]
        items = rng.permutation(39)[:10]
        users.append((f"u{user}", sex))
        barred.append((f"u{user}", "i39"))
        wanted += [(f"u{user}", f"i{item}") for item in items[:3]]
        order = [*items[:9], 39] if harm and user % 4 == 0 else list(items)
        lists += [(f"u{user}", f"i{item}", 10 - place) for place, item in enumerate(order)]
    pd.DataFrame(lists, columns=["user", "item", "score"]).to_csv(folder / "topk.csv", index=False)
    pd.DataFrame(wanted, columns=["user", "item"]).to_csv(folder / "test.csv", index=False)
    pd.DataFrame(users, columns=["user", "sex"]).to_csv(folder / "users.csv", index=False)
    pd.DataFrame(barred, columns=["user", "item"]).to_csv(folder / "bars.csv", index=False)
    return (
        'loader = "interactions"\naudit = "test.csv"\nrankings = "topk.csv"\nusers = "users.csv"\ngroups = ["sex"]\n'
        'contraindications = "bars.csv"\nk = 10'
    )


@dataclass(frozen=True)
class Trial:
    """A pack, the checks that its rules ask for, people, and the metrics whose rules the harm breaks."""

    checks: tuple[str, ...]
    people: Callable[[Path, float], str]
    broken: frozenset[str]


RATES = ("fairness.gaps", "performance.overall", "calibration.error", "calibration.groups")
TRIALS = {
    "clinical-recommendation": Trial(
        ("fairness.contraindicated-items", "fairness.ranking-quality"),
        shown,
        frozenset({"contraindicated_user_rate_at_10", "contraindicated_user_rate_at_10_difference"}),
    ),
    "privacy-release": Trial(("privacy.anonymity",), findable, frozenset({"k_anonymity"})),
    "baseline": Trial(
        RATES[:3], told_less, frozenset({"equalized_odds_difference", "smooth_calibration_error"})
    ),
    "credit": Trial(
        RATES,
        told_less,
        frozenset({"demographic_parity_ratio", "equal_opportunity_difference", "smooth_calibration_error"}),
    ),
    "clinical-diagnosis": Trial(
        (*RATES, "fairness.group-rates", "fairness.worst-slices", "reliability.selective"),
        told_less,
        frozenset({"true_positive_rate", "equal_opportunity_difference", "smooth_calibration_error"}),
    ),
}  # fmt: skip
SLOW = {"baseline", "credit", "clinical-diagnosis"}


@pytest.mark.parametrize("pack", [pytest.param(one, marks=pytest.mark.slow if one in SLOW else ()) for one in TRIALS])
def test_a_pack_passes_who_serves_everybody_and_fails_who_harms_some(pack: str, make_folder: Callable[[], Folder]):
    said: dict[float, dict[str, Any]] = {}
    for harm in (0.0, 0.5):
        folder, trial = make_folder(), TRIALS[pack]
        data = trial.people(folder.path, harm)
        task = 'task = "ranking"' if trial.people is shown else ""
        folder.write("audit.toml", HEAD.format(task=task, data=data, checks=naming(trial.checks), pack=pack))
        answer = folder.run_here("run", "audit.toml", "--out", "bundle", "--no-pdf")
        said[harm] = json.loads((folder.path / "bundle" / "result.json").read_bytes())["verdict"]
        assert answer.code == (1 if harm else 0), said[harm]["judgements"]
    harmed, clean = (outcomes(said[harm]) for harm in (0.5, 0.0))
    assert {metric for metric in TRIALS[pack].broken if harmed[metric] != "fail"} == set()
    assert {metric for metric in TRIALS[pack].broken if clean[metric] != "pass"} == set()
    assert set(clean.values()) <= {"pass", "no_evidence", "not_applicable"}


def outcomes(verdict: dict[str, Any]) -> dict[str, str]:
    """By metric, what its rule came to."""
    return {
        re.split("[<>[ ]", one["rule"].rpartition(":")[2])[0]: one["outcome"] for one in verdict["judgements"]
    }  # fmt: skip
