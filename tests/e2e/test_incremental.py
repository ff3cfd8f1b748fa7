"""What a second run measures again: that whose model, data, options, seed or code changed, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Answer, Folder, small_rows, write_module

PLUGIN = """
import numpy as np
from auditkit import ClassScores, Measurement, adapter, check, hookimpl
from stranger_helps import SCALE


def note(what):
    with open("did.txt", "a") as stream:
        stream.write(what + "\\n")


class Model:
    def predict(self, inputs):
        note("predict")
        scores = np.stack([inputs[name].astype(float) for name in ("p_no", "p_yes")], axis=1)
        return ClassScores(classes=("no", "yes"), scores=scores)


@adapter("counted", gives=ClassScores)
def open_counted(path):
    \"\"\"A model that tells when it is asked.\"\"\"
    note("open")
    return Model()


def share(case, above):
    note("compute")
    return float(np.mean(case.predictions.scores[:, 1] > above))


@check("strangers.plain", on=ClassScores)
def plain(case, *, times: float = 1.0):
    \"\"\"A check that computes by itself.\"\"\"
    note("plain")
    yield Measurement(metric="plain", value=times * SCALE * len(case), n=len(case), exact=True)


@check("strangers.kept", on=ClassScores)
def kept(case, *, above: float = 0.5):
    \"\"\"A check that keeps what it computes.\"\"\"
    note("kept")
    yield Measurement(metric="kept", value=case.compute(share, above=above), n=len(case), exact=True)


@hookimpl
def auditkit_register_adapters():
    return [open_counted]


@hookimpl
def auditkit_register_checks():
    return [plain, kept]
"""
CHANGES = (
    ('adapter = "recorded"', 'adapter = "counted"\npath = "model.bin"'),
    ('scores = ["p_no", "p_yes"]\nclasses = ["no", "yes"]', 'input = ["p_no", "p_yes"]'),
)
CHECKS = ("strangers.plain", "strangers.kept", "performance.overall")
EVERYTHING = {"open", "predict", "plain", "kept", "compute"}


def distribution(site: Path, name: str, version: str, more: str = "") -> None:
    """Say that a distribution is installed, as pip would."""
    for folder in site.glob(f"{name.replace('-', '_')}-*.dist-info"):
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    folder = site / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}")


def helper(site: Path, scale: float, version: str) -> None:
    """Install what the plugin requires, which is no plugin."""
    write_module(site / "stranger_helps.py", f"SCALE = {scale}\n")
    distribution(site, "stranger-helps", version)


def written(folder: Folder, **said: object) -> None:
    """Write the spec with options of the checks, or keys of the file."""
    folder.spec(*CHANGES, checks=CHECKS)
    text = (folder.path / "audit.toml").read_text()
    for name, value in said.items():
        check = "strangers.plain" if name == "times" else "strangers.kept"
        text = text.replace(f'use = "{check}"', f'use = "{check}"\n{name} = {value}')
    folder.write("audit.toml", text)


@pytest.fixture
def audited(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    folder.install("stranger", PLUGIN)
    metadata = folder.site / "stranger-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: stranger-helps\n")
    helper(folder.site, 1.0, "1.0")
    folder.write("model.bin", b"weights")
    written(folder)
    assert again(folder, "run", "audit.toml")[0] == EVERYTHING
    return folder


def again(folder: Folder, *arguments: str) -> tuple[set[str], Answer]:
    """What a run did, of what can be told from outside."""
    log = folder.path / "did.txt"
    log.unlink(missing_ok=True)
    answer = folder.run_here(*(arguments or ("run", "audit.toml", "--force")))
    assert answer.code == 0, answer.err
    return set(log.read_text().split()) if log.exists() else set(), answer


def measured_again(answer: Answer) -> set[str]:
    """The checks that were put to the case in this run, by what the console says."""
    said = re.findall(r"of \d+  ([a-z.-]+): measured \((.*)\)", answer.err)
    assert len(said) == len(CHECKS)
    return {check for check, took in said if took != "kept from before"}


def value(folder: Folder, metric: str) -> float:
    finding = folder.finding(f"strangers.{metric}")
    return float(finding["measurements"][0]["value"])


def test_nothing_changed_and_nothing_is_measured_again(audited):
    did, answer = again(audited)
    assert (did, measured_again(answer)) == (set(), set())
    assert "3 of 3 checks from the store: nothing that they rest on has changed" in answer.out


def test_another_policy_measures_nothing_again(audited):
    text = (audited.path / "audit.toml").read_text()
    audited.write("audit.toml", text.replace("min = 0.5", "min = 0.501"))
    did, answer = again(audited)
    assert (did, measured_again(answer)) == (set(), set())
    assert audited.result()["verdict"]["judgements"][0]["rule"] == "accuracy>=0.501"


def test_an_option_measures_its_check_again_and_no_other(audited):
    written(audited, times=2.0)
    did, answer = again(audited)
    assert (did, measured_again(answer)) == ({"plain"}, {"strangers.plain"})
    assert "2 of 3 checks from the store" in answer.out
    assert value(audited, "plain") == 400
    written(audited, times=2.0, above=0.25)
    assert again(audited)[0] == {"kept", "compute"}


def test_a_row_measures_all_again(audited):
    audited.write_rows(small_rows(199))
    did, answer = again(audited)
    assert (did, measured_again(answer)) == (EVERYTHING, set(CHECKS))
    assert "from the store" not in answer.out
    assert value(audited, "plain") == 199


def test_a_column_that_nothing_uses_measures_nothing_again(audited):
    rows = [(*row, "note") for row in small_rows()]
    audited.write_rows(rows, header=("sex", "band", "outcome", "p_no", "p_yes", "remark"))
    assert again(audited)[0] == set()


def test_other_weights_measure_all_again(audited):
    audited.write("model.bin", b"other weights")
    assert again(audited)[0] == EVERYTHING


@pytest.mark.parametrize("change", [("seed = 7", "seed = 8"), ("seed = 7", "seed = 7\nlevel = 0.9")])
def test_another_seed_or_level_asks_the_checks_again_and_not_the_model(audited, change):
    text = (audited.path / "audit.toml").read_text()
    audited.write("audit.toml", text.replace(*change))
    did, answer = again(audited)
    assert (did, measured_again(answer)) == ({"plain", "kept", "compute"}, set(CHECKS))


def test_new_code_of_a_strangers_plugin_measures_what_is_its_own_again(audited):
    audited.install("stranger", PLUGIN.replace("times * SCALE", "3 * times * SCALE"))
    metadata = audited.site / "stranger-1.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text() + "Requires-Dist: stranger-helps\n")
    did, _ = again(audited)
    assert did == EVERYTHING  # the adapter is of the same distribution
    assert value(audited, "plain") == 600


def test_a_new_version_of_what_a_plugin_requires_measures_it_again(audited):
    helper(audited.site, 5.0, "1.1")
    did, answer = again(audited)
    assert (did, "performance.overall" in measured_again(answer)) == (EVERYTHING, True)
    assert value(audited, "plain") == 1000


def test_an_editable_requirement_is_known_by_its_files(audited):
    editable = audited.site / "stranger_helps-1.0.dist-info"
    (editable / "direct_url.json").write_text('{"url": "file:///here", "dir_info": {"editable": true}}')
    (editable / "RECORD").write_text("stranger_helps.py,,\n")
    assert again(audited)[0] == EVERYTHING
    assert again(audited)[0] == set()
    write_module(audited.site / "stranger_helps.py", "SCALE = 7.0\n")
    assert again(audited)[0] == EVERYTHING
    assert value(audited, "plain") == 1400


def test_an_upgrade_of_a_library_that_computes_measures_all_again_and_of_another_none(audited):
    distribution(audited.site, "captum", "99.0")
    did, answer = again(audited)
    assert (did, measured_again(answer)) == (EVERYTHING, set(CHECKS))
    distribution(audited.site, "jinja2", "99.0")
    assert again(audited)[0] == set()
