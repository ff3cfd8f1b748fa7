"""Replaying a bundle: every number follows from its rows, and a forged one does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from commands import Folder

from auditkit.bundle.key_files import make_key_pair
from auditkit.bundle.keys import FileSigner
from auditkit.bundle.write import Beside, Reports, write_bundle
from auditkit.errors import IntegrityError
from auditkit.replay import Replay, replay_bundle
from auditkit.report import render_html, templates_digest
from auditkit.result import AuditResult

EXAMPLE = Path(__file__).parents[2] / "examples" / "heart_disease"


@pytest.fixture(scope="module")
def audited(make_folder: Callable[[], Folder]) -> Folder:
    """The small audit, with checks that are quick."""
    folder = make_folder()
    folder.spec(checks=("fairness.group-rates", "performance"))
    assert folder.run_here().code == 0
    return folder


@pytest.fixture(scope="module")
def forger(tmp_path_factory: pytest.TempPathFactory) -> FileSigner:
    """Somebody with a key of their own, whom the reader trusts."""
    pair = make_key_pair(tmp_path_factory.mktemp("forger") / "forger", "A forger", now=datetime.now(UTC))
    return FileSigner.load(pair.private)


def replayed(bundle: Path, key: Path | None = None) -> Replay:
    return replay_bundle(bundle, key=key, trust=None, allow_dev_key=key is None)


def signed_again(
    bundle: Path,
    out: Path,
    signer: FileSigner,
    *,
    result: Callable[[dict[str, Any]], None] = lambda _: None,
    evidence: Callable[[pa.Table], pa.Table] = lambda table: table,
    files: dict[str, bytes] | None = None,
) -> tuple[Path, Path]:
    """The bundle with another result or other evidence, made and signed as the holder of a key can; and that key."""
    content = json.loads((bundle / "result.json").read_bytes())
    result(content)
    changed = AuditResult.model_validate_json(json.dumps(content)).sealed()
    if files is None:
        stream = pa.BufferOutputStream()
        pq.write_table(evidence(pq.read_table(bundle / "evidence" / "audit.parquet", use_threads=False)), stream)
        files = {"audit.parquet": stream.getvalue().to_pybytes()}
    made = write_bundle(
        changed,
        out=out / "forged",
        signer=signer,
        reports=Reports(render_html, templates_digest()),
        beside=Beside(evidence=files),
    )
    key = out / "forger.pub"
    key.write_bytes(signer.public_pem)
    return made, key


@pytest.mark.slow
def test_every_number_of_the_example_follows_from_its_rows(make_folder):
    folder = make_folder()
    for name in ("audit.toml", "predictions.csv", "model.safetensors"):
        shutil.copy(EXAMPLE / name, folder.path / name)
    spec = (folder.path / "audit.toml").read_text()
    folder.write("audit.toml", spec.replace('formats = ["html", "pdf"]', 'formats = ["html"]'))
    assert folder.run_here().code == 1
    for name in ("predictions.csv", "model.safetensors", "audit.toml"):
        (folder.path / name).unlink()
    shutil.rmtree(folder.store)
    answer = folder.run_here("replay", "audit-audit", "--allow-dev-key", "--json")
    assert answer.code == 0, answer
    found = json.loads(answer.out)
    assert {part["state"] for part in found["parts"]} == {"equal", "does not apply"}
    checks = [finding["check"] for finding in folder.result()["findings"]]
    assert [part["name"] for part in found["parts"]] == ["the data", *checks, "the verdict"]
    assert sum(part["values"] for part in found["parts"]) > 1_500
    withheld = sum(one["suppressed"] for finding in folder.result()["findings"] for one in finding["measurements"])
    assert sum(part["withheld"] for part in found["parts"]) == withheld > 100
    assert found["verdict"] == found["signed_verdict"] == "fail"
    assert found["versions"] == []


def test_the_terminal_is_told_a_line_a_check(audited):
    answer = audited.run("replay", "audit-audit", "--allow-dev-key")
    assert answer.code == 0, answer
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    assert [line for line in lines if line.startswith("equal performance.overall")]
    assert "does not apply performance.error it looks at Values, and this model gives ClassScores" in lines
    assert "verdict  PASS, as signed" in answer.out
    assert answer.out.endswith("every number follows from the evidence  (exit 0)\n")


def change_accuracy(content: dict[str, Any]) -> None:
    (finding,) = [one for one in content["findings"] if one["check"] == "performance.overall"]
    (measured,) = [one for one in finding["measurements"] if one["metric"] == "accuracy"]
    measured["value"] = 0.95
    measured["interval"] = {**measured["interval"], "low": 0.9, "high": 0.99}


def test_a_forged_number_is_told_with_both_values(audited, tmp_path, forger):
    bundle, key = signed_again(audited.bundle, tmp_path, forger, result=change_accuracy)
    truth = next(one for one in audited.finding("performance.overall")["measurements"] if one["metric"] == "accuracy")
    found = replayed(bundle, key)
    assert found.exit_code == 1
    part = found["performance.overall"]
    assert [one.where for one in part.differences] == [
        "accuracy: value", "accuracy: interval: low", "accuracy: interval: high",
    ]  # fmt: skip
    assert (part.differences[0].signed, part.differences[0].recomputed) == (0.95, truth["value"])
    assert found["fairness.group-rates"].state == "equal"


def test_without_the_key_a_forged_bundle_does_not_verify(audited, tmp_path, forger):
    bundle, _ = signed_again(audited.bundle, tmp_path, forger, result=change_accuracy)
    with pytest.raises(IntegrityError, match="cannot be trusted"):
        replayed(bundle)


def test_a_bundle_without_rows_cannot_be_replayed(audited, tmp_path, forger):
    bundle, key = signed_again(audited.bundle, tmp_path, forger, files={"counts.parquet": b"PAR1"})
    found = replayed(bundle, key)
    assert found.exit_code == 2
    assert found["performance.overall"].why.endswith("its audit kept counts alone")
    assert found["performance.overall"].left == len(audited.finding("performance.overall")["measurements"])


def change_verdict(content: dict[str, Any]) -> None:
    content["verdict"]["outcome"] = "fail"
    content["verdict"]["judgements"][0]["outcome"] = "fail"


def withhold_accuracy(content: dict[str, Any]) -> None:
    (finding,) = [one for one in content["findings"] if one["check"] == "performance.overall"]
    (measured,) = [one for one in finding["measurements"] if one["metric"] == "accuracy"]
    measured |= {"value": None, "interval": None, "n": None, "suppressed": True, "undefined": {"msgid": "too few"}}


def change_seed(content: dict[str, Any]) -> None:
    content["provenance"]["seed"] = 8


def change_group_size(content: dict[str, Any]) -> None:
    content["data"]["splits"][0]["attributes"][0]["groups"][0]["rows"] += 1


def drop_a_measurement(content: dict[str, Any]) -> None:
    content["findings"] = [
        {**one, "measurements": one["measurements"][1:]} if one["check"] == "fairness.group-rates" else one
        for one in content["findings"]
    ]


def change_a_chart(content: dict[str, Any]) -> None:
    (finding,) = [one for one in content["findings"] if one["check"] == "performance.overall"]
    finding["evidence"][0]["series"][0]["y"][1] = 0.75


FORGED = {
    "verdict": (change_verdict, "the verdict"),
    "withheld": (withhold_accuracy, "performance.overall"),
    "group size": (change_group_size, "the data"),
    "measurement": (drop_a_measurement, "fairness.group-rates"),
    "chart": (change_a_chart, "performance.overall"),
}


@pytest.mark.parametrize("name", FORGED)
def test_whatever_is_forged_is_found_where_it_stands(name, audited, tmp_path, forger):
    change, where = FORGED[name]
    found = replayed(*signed_again(audited.bundle, tmp_path, forger, result=change))
    assert found.exit_code == 1
    assert where in {part.name for part in found.parts if part.state == "differs"}


def with_score(table: pa.Table) -> pa.Table:
    """The first row as sure as can be of the other class; the decision is changed along with it."""
    for name, better in (("score:no", 0.001), ("score:yes", 0.999)):
        values = table.column(name).to_pylist()
        chosen = better if values[0] != better else 0.5
        table = table.set_column(table.column_names.index(name), name, pa.array([chosen, *values[1:]]))
    decisions = ["yes", *table.column("decision").to_pylist()[1:]]
    return table.set_column(table.column_names.index("decision"), "decision", pa.array(decisions))


def test_changed_evidence_gives_other_numbers(audited, tmp_path, forger):
    found = replayed(*signed_again(audited.bundle, tmp_path, forger, evidence=with_score))
    assert found.exit_code == 1
    assert found["performance.overall"].state == "differs"


def without_first_row(table: pa.Table) -> pa.Table:
    return table.slice(1)


def with_other_decision(table: pa.Table) -> pa.Table:
    decisions = table.column("decision").to_pylist()
    other = ["no" if decisions[0] == "yes" else "yes", *decisions[1:]]
    return table.set_column(table.column_names.index("decision"), "decision", pa.array(other))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"evidence": without_first_row}, "holds 199 rows, and the signed result is about 200"),
        ({"evidence": with_other_decision}, "the decisions do not follow from the scores"),
        ({"result": change_seed}, "was taken with seed = '7', and the result says '8'"),
        ({"files": {"audit.parquet": b"PAR1 no table PAR1"}}, "cannot be read"),
    ],
)
def test_evidence_that_contradicts_itself_or_the_result_is_not_relied_on(changes, words, audited, tmp_path, forger):
    with pytest.raises(IntegrityError, match=words):
        replayed(*signed_again(audited.bundle, tmp_path, forger, **changes))


def test_hostile_names_steer_no_terminal(audited, tmp_path, forger):
    def rename(content: dict[str, Any]) -> None:
        content["name"] = "\x1b[2Jall is well\nverdict  PASS"

    bundle, key = signed_again(audited.bundle, tmp_path, forger, result=rename)
    shutil.copytree(bundle, audited.path / "hostile")
    shutil.copy(key, audited.path / "hostile.pub")
    answer = audited.run_here("replay", "hostile", "--key", "hostile.pub")
    assert answer.code == 0, answer
    assert "\x1b" not in answer.out
    assert answer.out.count("\nverdict  PASS") == 1


OTHER_MACHINE = {
    # An old processor: OpenBLAS, torch and numpy take other instructions, and sum up in another order.
    "OPENBLAS_CORETYPE": "Prescott", "ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX2 FMA3",
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Asia/Tokyo",
}  # fmt: skip


def test_on_another_machine_a_copy_without_the_model_is_replayed_from_a_folder_that_is_read_only(audited, tmp_path):
    copy = shutil.copytree(audited.bundle, tmp_path / "elsewhere" / "a copy")
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode & ~0o222)
    other = Folder(tmp_path, tmp_path / "home", OTHER_MACHINE)
    answer = other.run("replay", "elsewhere/a copy", "--allow-dev-key", "--json")
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)
    assert answer.code == 0, answer
    found = json.loads(answer.out)
    assert {part["state"] for part in found["parts"]} <= {"equal", "close", "does not apply"}
    told = {one["metric"]: one for part in found["parts"] for one in part["tolerances"]}
    assert (told["accuracy"]["within"], told["accuracy"]["close"]) == (0, 0)
    assert told["brier_score"]["within"] == 1e-9
    assert all(one["largest"] <= one["within"] for one in told.values())


def move_brier(by: float) -> Callable[[dict[str, Any]], None]:
    """The Brier score as a forger may have moved it: by so much of its size."""

    def change(content: dict[str, Any]) -> None:
        (finding,) = [one for one in content["findings"] if one["check"] == "performance.overall"]
        (measured,) = [one for one in finding["measurements"] if one["metric"] == "brier_score"]
        measured["value"] *= 1 + by

    return change


@pytest.mark.parametrize(("by", "code"), [(1.2e-9, 1), (0.8e-9, 0)])
def test_a_number_that_was_moved_is_told_from_its_metrics_tolerance_on(by, code, audited, tmp_path, forger):
    found = replayed(*signed_again(audited.bundle, tmp_path, forger, result=move_brier(by)))
    assert found.exit_code == code
    assert [one.where for one in found["performance.overall"].differences] == ["brier_score: value"] * code


def change_versions(content: dict[str, Any]) -> None:
    content["provenance"]["libraries"]["numpy"] = "1.0"
    content["provenance"]["auditkit"] = f"0.0.1 sha256:{'0' * 64}"


def test_other_versions_are_named_and_alone_are_no_difference(audited, tmp_path, forger):
    found = replayed(*signed_again(audited.bundle, tmp_path, forger, result=change_versions))
    assert found.exit_code == 0
    told = {one.name: one.audit for one in found.versions}
    assert told == {"numpy": "1.0", "auditkit": f"0.0.1 sha256:{'0' * 64}"}


def forge_all_alike(content: dict[str, Any]) -> None:
    """The value, the judgement on it and the verdict, so that the result agrees with itself."""
    change_accuracy(content)
    for judgement in content["verdict"]["judgements"]:
        if judgement["worst"] and judgement["worst"]["metric"] == "accuracy":
            interval = judgement["worst"]["interval"] | {"low": 0.9, "high": 0.99}
            judgement["worst"] |= {"value": 0.95, "interval": interval}


def test_a_forgery_that_agrees_with_itself_is_found_in_the_check_and_in_the_verdict(audited, tmp_path, forger):
    found = replayed(*signed_again(audited.bundle, tmp_path, forger, result=forge_all_alike))
    assert found["performance.overall"].state == found["the verdict"].state == "differs"
