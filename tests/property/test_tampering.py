"""The tamper corpus: every attack in `tampering` is seen, and no untouched bundle is accused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from signed_bundles import NOW, Desk
from tampering import DEMANDS, KEY_STATES, Attack, Scene, on_bytes, on_statements, stage, trust_file

from auditkit.bundle.verification import Verification

LEAST = 40
EVERY = 5
"""Of the quick part: one attack in so many, another one of each file."""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    return stage(tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def trust(scene: Scene) -> Path:
    return trust_file(scene)


def attacks(scene: Scene) -> list[tuple[str, Attack]]:
    return [*on_bytes(scene), *on_statements(scene)]


def missed(scene: Scene, trust: Path, chosen: list[tuple[str, Attack]], tmp_path: Path) -> list[str]:
    """The attacks after which the bundle still verifies."""
    found = []
    for place, (name, attack) in enumerate(chosen):
        copy = Path(shutil.copytree(scene.bundle, tmp_path / f"attacked-{place}"))
        attack(Scene(copy, scene.desk, scene.reviewer, scene.rogue, scene.other))
        if checked(scene.desk, copy, trust).exit_code != 4:
            found.append(name)
        shutil.rmtree(copy)
    return found


def checked(desk: Desk, bundle: Path, trust: Path) -> Verification:
    return desk.verify(bundle, trust=trust)


def test_no_untouched_bundle_is_accused(scene: Scene, trust: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(scene.bundle, tmp_path / "copy"))
    without = Path(shutil.copytree(scene.bundle, tmp_path / "without evidence"))
    shutil.rmtree(without / "evidence")
    unsigned = Path(shutil.copytree(scene.bundle, tmp_path / "without countersignature"))
    shutil.rmtree(unsigned / "signatures")
    for bundle in (scene.bundle, scene.other, copy, without, unsigned):
        found = checked(scene.desk, bundle, trust)
        assert [line for line in found.lines if line.state == "FAIL"] == []
        assert found.exit_code == 0


def test_the_corpus_is_no_smaller_than_it_says(scene: Scene) -> None:
    names = [name for name, _ in attacks(scene)]
    assert len(names) == len(set(names)) >= LEAST


def test_a_part_of_the_corpus_is_seen(scene: Scene, trust: Path, tmp_path: Path) -> None:
    assert missed(scene, trust, attacks(scene)[::EVERY], tmp_path) == []


@pytest.mark.slow
def test_the_whole_corpus_is_seen(scene: Scene, trust: Path, tmp_path: Path) -> None:
    assert missed(scene, trust, attacks(scene), tmp_path) == []


@pytest.mark.parametrize("state", KEY_STATES)
def test_each_state_of_the_signers_key_is_seen(scene: Scene, state: str) -> None:
    found = checked(scene.desk, scene.bundle, trust_file(scene, entry=KEY_STATES[state]))
    assert (found["TRUSTED"].state, found.trusted, found.exit_code) == ("FAIL", False, 4)


@pytest.mark.parametrize("demand", DEMANDS)
def test_each_demand_that_is_not_met_is_seen(scene: Scene, demand: str) -> None:
    assert checked(scene.desk, scene.bundle, trust_file(scene, policy=demand)).exit_code == 4


def test_the_readers_clock_is_asked(scene: Scene, trust: Path) -> None:
    for now in (NOW.replace(year=2030), NOW.replace(year=2020)):
        assert scene.desk.verify(scene.bundle, trust=trust, now=now).exit_code == 4
