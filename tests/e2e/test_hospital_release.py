"""The hospital's three models, joined by patient: what piles up by hand, by simulation, and in the whole release."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "hospital_release"


@pytest.fixture(scope="module")
def joint():
    """The example's joint.py."""
    made = importlib.util.spec_from_file_location("hospital_joint", EXAMPLE / "joint.py")
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    return module


def people(patterns: dict[tuple[int, int, int], int]) -> pd.DataFrame:
    """So many patients of each pattern of harms."""
    rows = [pattern for pattern, count in patterns.items() for _ in range(count)]
    return pd.DataFrame(rows, columns=["notes", "photos", "drugs"])


def test_by_hand_half_and_half(joint):
    """Two models harm the same 50 of 100, the third nobody: 0.5 by two, where 0.5 * 0.5 was to be expected."""
    found = joint.piled(people({(1, 1, 0): 50, (0, 0, 0): 50}))
    assert found.value == pytest.approx(2.0)
    low, high = found.percentile()
    assert low < 2 < high


def test_by_hand_independent_errors_give_one(joint):
    """Rates 1/2, 1/2 and 1/2, every pattern alike often."""
    eight = {tuple(map(int, f"{place:03b}")): 20 for place in range(8)}
    assert joint.piled(people(eight)).value == pytest.approx(1.0)


def test_models_that_cannot_meet_have_no_number(joint):
    assert np.isnan(joint.pile(np.array([[[60, 0, 0, 0, 40, 0, 0, 0]]]))[0])


@pytest.mark.slow
def test_the_interval_covers_one_where_errors_are_independent(joint):
    draw = np.random.default_rng(4)
    covered = 0
    for _ in range(40):
        harms = pd.DataFrame(draw.random((600, 3)) < (0.2, 0.25, 0.15), columns=["notes", "photos", "drugs"]).astype(
            int
        )
        low, high = joint.piled(harms).percentile()
        covered += low <= 1 <= high
    assert covered >= 32


def ward(joint, women: int, men: int) -> list[str]:
    """The table of so many women and men whom two models harm, among a hundred each whom none does."""
    both = [people({(1, 1, 0): count, (0, 0, 0): 100}).assign(sex=sex) for sex, count in (("F", women), ("M", men))]
    return joint.lines(pd.concat(both, ignore_index=True).assign(race="one", age_band="one"))


def test_few_are_withheld_and_cannot_be_reckoned_from_the_others(joint):
    assert [row.split()[0] for row in ward(joint, 10, 10)] == ["all", "sex", "sex", "race", "age_band"]
    few = ward(joint, 30, 9)
    assert few[1] == "sex: withheld, few"
    assert len(few) == 4
    assert "few" in ward(joint, 4, 5)[0]


@pytest.mark.slow
def test_the_whole_release_is_found_out_signed_and_trusted(tmp_path):
    where = tmp_path / "examples" / "hospital_release"
    shutil.copytree(EXAMPLE, where, ignore=shutil.ignore_patterns("*-audit", "photos", "*-model", ".auditkit"))
    for name in ("small_bert.py", "small_resnet.py"):
        shutil.copy(EXAMPLE.parent / name, where.parent)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHON": sys.executable}
    done = subprocess.run(
        [str(where / "release.sh")], capture_output=True, text=True, timeout=900, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    worst = {}
    for name in ("notes", "photos", "drugs"):
        verdict = json.loads((where / f"{name}-audit" / "result.json").read_bytes())["verdict"]
        (judgement,) = verdict["judgements"]
        assert judgement["outcome"] == "fail"
        worst[name] = judgement["worst"]["group"]
    assert worst == {"notes": {"sex": "F"}, "photos": {"race": "Black"}, "drugs": {"age_band": "65+"}}
    assert "patient" not in (where / "joint.csv").read_text().splitlines()[0]
