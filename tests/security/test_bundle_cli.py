"""`auditkit keygen` and `auditkit verify` as a stranger types them, on bundles whose report is the real one."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from signed_bundles import Desk, replace

from auditkit.bundle.key_files import development_signer
from auditkit.bundle.statements import format_time
from auditkit.cli import main
from auditkit.report import render_html, templates_digest
from auditkit.result import Run
from auditkit.testing.results import toy_result


def _just_now() -> Run:
    return Run(created=format_time(datetime.now(UTC)), seconds=1.5, device="cpu", executor="local")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.at(tmp_path_factory.mktemp("desk"))
    desk.write(result=toy_result(run=_just_now()), render=render_html, templates_digest=templates_digest())
    return desk


@pytest.fixture
def bundle(made: Desk, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder / "bundle", tmp_path / "bundle"))


def typed(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    assert isinstance(left.value.code, int)
    out, err = capsys.readouterr()
    return left.value.code, out, err


def line_of(out: str, name: str) -> str:
    return next(line for line in out.splitlines() if line.startswith(f"{name} "))


def test_good_bundle_is_said_to_be_good_in_three_words(
    made: Desk, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = typed(capsys, "verify", bundle, "--key", made.key)
    assert code == 0
    assert "intact: yes   signed: yes   trusted: yes" in out
    rendering = ["RENDERING", "OK", "rendered again from the signed result: identical bytes"]
    assert line_of(out, "RENDERING").split(maxsplit=2) == rendering


def test_lone_report_is_rendered_again(made: Desk, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "verify", bundle / "report.html", "--key", made.key)
    assert code == 0
    assert "OK" in line_of(out, "RENDERING")


def test_report_of_a_plugins_templates_is_not_checked_by_a_reader_who_lacks_them(
    made: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "glossary.html.j2").write_text("<p>See our handbook.</p>\n", encoding="utf-8")
    bundle = made.write(
        "with a plugin's templates",
        result=toy_result(run=_just_now()),
        render=lambda found, attestation: render_html(found, attestation, template_dirs=(tmp_path,)),
        templates_digest=templates_digest((tmp_path,)),
    )
    assert b"See our handbook." in (bundle / "report.html").read_bytes()
    code, out, _ = typed(capsys, "verify", bundle, "--key", made.key)
    assert code == 0
    assert "NOT CHECKED" in line_of(out, "RENDERING")
    assert "made with other templates" in line_of(out, "RENDERING")


def test_edited_report_is_exit_4(made: Desk, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    replace(bundle / "report.html", b"</h1>", b" (approved)</h1>")
    for path in (bundle, bundle / "report.html"):
        code, out, _ = typed(capsys, "verify", path, "--key", made.key)
        assert code == 4
        assert "FAIL" in line_of(out, "RENDERING")
        assert "intact: NO" in out


def test_without_a_key_the_reader_is_told_what_to_type(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "verify", bundle)
    assert code == 4
    assert "--key audit.pub" in line_of(out, "TRUSTED")
    assert "intact: yes   signed: yes   trusted: NO" in out


def test_json_says_the_same(made: Desk, bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "verify", bundle, "--key", made.key, "--json")
    said = json.loads(out)
    assert (code, said["exit_code"]) == (0, 0)
    assert (said["intact"], said["signed"], said["trusted"]) == (True, True, True)
    assert {line["state"] for line in said["lines"]} == {"OK", "NOT CHECKED"}


def test_development_key_is_exit_4_and_with_the_option_0_and_never_trusted(
    made: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "home"))
    bundle = made.write("development", signer=development_signer(), result=toy_result(run=_just_now()))
    for options, expected in (((), 4), (("--allow-dev-key",), 0)):
        code, out, _ = typed(capsys, "verify", bundle, *options)
        assert code == expected
        assert "trusted: NO" in out


def test_mistakes_of_the_reader_are_two_lines_and_exit_2(
    made: Desk, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (
        ("verify", bundle / "absent"),
        ("verify", bundle, "--key", made.folder / "absent.pub"),
        ("verify", bundle, "--key", made.folder / "acme.key"),
        ("verify", bundle, "--trust", made.key),
        ("keygen", "acme", "--name", "ACME", "--out", made.folder),
        ("keygen", "a/b", "--name", "ACME"),
    ):
        code, out, err = typed(capsys, *words)
        assert (code, out) == (2, "")
        assert len(err.strip().splitlines()) == 2
        assert "hint:" in err


def test_names_in_a_bundle_cannot_steer_the_terminal(
    made: Desk, bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (bundle / "x\x1b[2K\rFILES OK").write_bytes(b"")
    code, out, _ = typed(capsys, "verify", bundle, "--key", made.key)
    assert code == 4
    assert "\x1b" not in out
    assert "\r" not in out


def test_keys_made_by_keygen_sign_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = typed(capsys, "keygen", "release", "--name", "ACME model risk", "--out", tmp_path)
    assert code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["release.crt", "release.key", "release.pub"]
    assert f'[signing] key = "{tmp_path / "release.key"}"' in out
    assert f"auditkit verify BUNDLE --key {tmp_path / 'release.pub'}" in out


def test_other_spec_is_named(made: Desk, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "audit.toml").write_text(
        'name = "x"\n[model]\nadapter = "recorded"\n[data]\naudit = "a.csv"\npredicted = "p"\ntarget = "y"\n'
    )
    code, out, _ = typed(capsys, "verify", bundle, "--key", made.key, "--spec", tmp_path / "audit.toml")
    assert code == 4
    assert "FAIL" in line_of(out, "SPEC")
