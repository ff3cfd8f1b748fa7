"""A bundle is complete or absent, and nothing else of anybody's is ever lost for it."""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest
from signed_bundles import EVIDENCE, Desk, render, statement_in

from auditkit.bundle.statements import ATTESTATION_TYPE, Attestation, read_statement
from auditkit.document import canonical_json
from auditkit.errors import AuditError, CrashError
from auditkit.result import AuditResult
from auditkit.testing.results import toy_result


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@contextmanager
def nothing_changes(folder: Path) -> Iterator[None]:
    before = contents(folder), sorted(path.name for path in folder.iterdir())
    yield
    assert (contents(folder), sorted(path.name for path in folder.iterdir())) == before


def test_bundle_holds_what_the_layout_says(desk: Desk) -> None:
    assert sorted(contents(desk.write())) == [
        "attestation.dsse.json",
        "evidence/groups.parquet",
        "evidence/predictions.parquet",
        "exports/junit.xml",
        "exports/summary.md",
        "manifest.dsse.json",
        "report.html",
        "result.json",
    ]


def test_result_is_written_canonically_and_unchanged(desk: Desk) -> None:
    result = toy_result()
    assert (desk.write(result=result) / "result.json").read_bytes() == result.to_json()


def test_attestation_names_the_model_and_all_that_it_was_judged_with(desk: Desk) -> None:
    result = toy_result()
    bundle = desk.write(result=result, sequence=3, assurance="third_party", valid_days=30)
    attestation = read_statement(Attestation, statement_in(bundle / "attestation.dsse.json"), name="attestation")
    claim = attestation.predicate
    assert attestation.subject[0].name == result.name
    assert attestation.subject[0].digest.sha256 == result.subject.digest
    assert claim.model_files == result.subject.files
    assert claim.spec.sha256 == result.provenance.spec_digest
    assert claim.policy.sha256 == result.policy.digest
    assert claim.result.result_digest == result.result_digest
    assert (claim.sequence, claim.verdict, claim.signer.assurance) == (3, "fail", "third_party")
    assert (claim.finished_on, claim.expires_on) == ("2026-11-21T10:05:00Z", "2026-12-21T10:05:00Z")
    assert [one.distribution for one in claim.plugins] == ["auditkit"] * 3


def test_report_is_rendered_from_the_result_as_it_reads_back(desk: Desk) -> None:
    seen: list[AuditResult] = []

    def remembering(result: AuditResult, attestation: bytes) -> bytes:
        seen.append(result)
        return render(result, attestation)

    bundle = desk.write(render=remembering)
    assert seen == [AuditResult.from_json((bundle / "result.json").read_bytes())]


def test_same_result_and_signer_give_the_same_bytes_but_for_the_signatures(desk: Desk) -> None:
    first, second = contents(desk.write("first")), contents(desk.write("second"))
    assert {name for name in first if first[name] != second[name]} == {
        "attestation.dsse.json",  # ECDSA draws a random number for each signature,
        "manifest.dsse.json",
        "report.html",  # and the attestation rides in the report
    }


def test_bundle_without_evidence_and_exports_verifies(desk: Desk) -> None:
    found = desk.verify(desk.write(evidence={}, exports={}))
    assert found.exit_code == 0
    assert found["EVIDENCE"].state == "NOT CHECKED"


def test_other_statements_are_signed_into_exports(desk: Desk) -> None:
    statement = {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://in-toto.io/x", "subject": []}
    bundle = desk.write(other_statements={"test-result": statement})
    assert statement_in(bundle / "exports" / "test-result.dsse.json") == canonical_json(statement)
    assert desk.verify(bundle).exit_code == 0


def test_result_that_was_changed_after_sealing_is_not_signed(desk: Desk) -> None:
    changed = toy_result().model_copy(update={"name": "Another model"})
    with pytest.raises(CrashError, match="changed after it was sealed"), nothing_changes(desk.folder):
        desk.write(result=changed)


def test_existing_folder_is_not_touched(desk: Desk) -> None:
    bundle = desk.write()
    with pytest.raises(AuditError, match="exists") as caught, nothing_changes(desk.folder):
        desk.write(sequence=8)
    assert caught.value.exit_code == 2
    assert "--force" in caught.value.hint
    assert desk.verify(bundle)["SEQUENCE"].text.startswith("number 7")


def test_force_replaces_a_bundle_and_leaves_nothing_beside_it(desk: Desk) -> None:
    desk.write(evidence=EVIDENCE)
    bundle = desk.write(sequence=8, evidence={}, force=True)
    assert desk.verify(bundle)["SEQUENCE"].text.startswith("number 8")
    assert not (bundle / "evidence").exists()
    assert [path.name for path in desk.folder.iterdir() if path.name.startswith(".")] == []


def test_force_makes_a_bundle_where_none_is(desk: Desk) -> None:
    assert desk.verify(desk.write(force=True)).exit_code == 0


def test_force_does_not_delete_a_folder_that_is_no_bundle(desk: Desk) -> None:
    (desk.folder / "bundle").mkdir()
    (desk.folder / "bundle" / "thesis.tex").write_text("years of work")
    with pytest.raises(AuditError, match="is not an auditkit bundle"), nothing_changes(desk.folder):
        desk.write(force=True)


def test_force_does_not_delete_what_somebody_put_into_a_bundle(desk: Desk) -> None:
    (desk.write() / "notes.txt").write_text("mine")
    with pytest.raises(AuditError, match=r"holds 'notes\.txt'"), nothing_changes(desk.folder):
        desk.write(force=True)


def test_force_does_not_follow_a_link(desk: Desk) -> None:
    bundle = desk.write("real")
    (desk.folder / "bundle").symlink_to(bundle)
    with pytest.raises(AuditError, match="is not a folder"), nothing_changes(desk.folder):
        desk.write(force=True)


def test_file_in_the_place_of_the_folder_is_kept(desk: Desk) -> None:
    (desk.folder / "bundle").write_text("mine")
    for force in (False, True):
        with pytest.raises(AuditError), nothing_changes(desk.folder):
            desk.write(force=force)


def test_missing_parent_is_an_error_with_a_hint(desk: Desk) -> None:
    with pytest.raises(AuditError, match="there is no folder") as caught:
        desk.write("absent/bundle")
    assert caught.value.hint.startswith("mkdir -p")


@pytest.mark.skipif(
    not Path("/proc/self").is_dir(), reason="needs /proc, where nobody can make a folder, not even root"
)
def test_folder_that_cannot_be_written_is_an_error_with_a_hint(desk: Desk) -> None:
    with pytest.raises(AuditError, match="cannot be written") as caught:
        desk.write("/proc/bundle")
    assert (caught.value.exit_code, caught.value.hint) == (2, "--out a folder that you may write to")


def test_file_that_hits_a_limit_of_the_system_leaves_nothing(desk: Desk) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with nothing_changes(desk.folder):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        try:
            with pytest.raises(CrashError, match="cannot be written: File too large") as caught:
                desk.write()
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.exit_code == 3


def failing_after(count: int, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk's `count`-th answer be this error."""
    calls = iter(range(1, 1000))
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if next(calls) >= count:
            raise error
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)


# Eight files, the two folders and their parent are synced, in this order, before the bundle gets its name.
@pytest.mark.parametrize("count", [1, 4, 8, 11])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_full_or_broken_disk_is_exit_3_and_leaves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, count: int, number: int
) -> None:
    failing_after(count, OSError(number, os.strerror(number)), monkeypatch)
    with pytest.raises(CrashError, match=os.strerror(number)) as caught, nothing_changes(desk.folder):
        desk.write()
    assert caught.value.exit_code == 3


def test_disk_that_breaks_once_the_bundle_has_its_name_leaves_it_complete(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_after(12, OSError(errno.EIO, os.strerror(errno.EIO)), monkeypatch)
    with pytest.raises(CrashError):
        desk.write()
    monkeypatch.undo()
    assert desk.verify(desk.folder / "bundle").exit_code == 0


@pytest.mark.parametrize("count", [1, 4, 8, 11])
def test_ctrl_c_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    failing_after(count, KeyboardInterrupt(), monkeypatch)
    with pytest.raises(KeyboardInterrupt), nothing_changes(desk.folder):
        desk.write()


def test_ctrl_c_during_a_replacement_keeps_the_old_bundle(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle = desk.write()
    rename = Path.rename

    def interrupted(path: Path, target: Path) -> Path:
        if ".partial." in path.name:
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", interrupted)
    with pytest.raises(KeyboardInterrupt), nothing_changes(desk.folder):
        desk.write(sequence=8, force=True)
    assert desk.verify(bundle)["SEQUENCE"].text.startswith("number 7")


def test_renderer_that_fails_leaves_nothing(desk: Desk) -> None:
    def broken(result: AuditResult, attestation: bytes) -> NoReturn:
        raise AuditError(f"no template for {result.name} and {len(attestation)} bytes")

    with pytest.raises(AuditError, match="no template"), nothing_changes(desk.folder):
        desk.write(render=broken)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".x", "x y", "é", "x\x00", "x" * 200, "x."])
@pytest.mark.parametrize("folder", ["evidence", "exports"])
def test_file_names_that_no_bundle_may_hold_are_refused(desk: Desk, folder: str, name: str) -> None:
    with pytest.raises(AuditError, match="cannot be a file name"), nothing_changes(desk.folder):
        desk.write(**{folder: {name: b"x"}})


def test_names_that_differ_in_case_alone_are_refused(desk: Desk) -> None:
    with pytest.raises(AuditError, match="cannot be a file name"):
        desk.write(exports={"summary.md": b"", "Summary.md": b""})


def test_predicate_type_carries_its_version() -> None:
    assert ATTESTATION_TYPE.endswith("/v1")
