"""The page as a whole: its policy, its data, its seal, its palette."""

from __future__ import annotations

import base64
import hashlib
import html
import itertools
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from auditkit.document import canonical_json
from auditkit.errors import IntegrityError
from auditkit.finding import Finding
from auditkit.report import render_html, templates_digest
from auditkit.report.sources import template_dir
from auditkit.result import AuditResult, Verdict
from auditkit.testing.results import toy_result

OUTCOMES = ("fail", "error", "no_evidence", "inconclusive", "warn", "waived", "not_applicable", "pass")


def attestation(**signer: Any) -> bytes:
    """A DSSE envelope as signing makes it; its signature is for others to check."""
    who = {"keyid": "a975be48" * 8, "name": "Meridian Assurance", "development": False, "assurance": "second_party"}
    predicate = {
        "signer": who | signer,
        "finishedOn": "2026-11-21T10:05:03Z",
        "expiresOn": "2027-05-20T00:00:00Z",
        "auditId": "urn:uuid:5f0e",
    }
    payload = base64.b64encode(canonical_json({"predicate": predicate})).decode()
    return canonical_json({"payload": payload, "payloadType": "application/vnd.in-toto+json", "signatures": []})


def page(result: AuditResult | None = None, envelope: bytes | None = None) -> str:
    return render_html(result or toy_result(), envelope).decode()


class Elements(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def block(text: str, identity: str) -> str:
    found = re.search(
        rf'<script type="application/vnd\.auditkit\.{identity}\+json" id="{identity}">(.*?)</script>', text
    )
    assert found
    return found[1]


def test_same_input_gives_the_same_bytes() -> None:
    assert render_html(toy_result(), attestation()) == render_html(toy_result(), attestation())


def test_policy_forbids_everything_but_the_one_style_sheet() -> None:
    text = page()
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    meta = [attrs for tag, attrs in Elements(text).found if attrs.get("http-equiv") == "Content-Security-Policy"]
    expected = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert [attrs["content"] for attrs in meta] == [expected]


def test_nothing_points_outside_the_page() -> None:
    text = page(envelope=attestation())
    for tag, attrs in Elements(text).found:
        assert not {"src", "srcset", "action", "data", "poster", "style"} & set(attrs), tag
        assert attrs.get("href", "#").startswith("#")
        assert not any(name.startswith("on") for name in attrs)
    assert "url(" not in text
    assert "@import" not in text
    assert {tag for tag, attrs in Elements(text).found if tag == "script" and "json" not in str(attrs["type"])} == set()


def test_every_anchor_leads_somewhere_and_every_id_is_unique() -> None:
    found = Elements(page(envelope=attestation())).found
    identities = [attrs["id"] for _, attrs in found if "id" in attrs]
    assert len(identities) == len(set(identities))
    targets = {str(attrs["href"])[1:] for tag, attrs in found if tag == "a"}
    assert targets <= set(identities)
    named = {name for _, attrs in found for name in str(attrs.get("aria-labelledby", "")).split()}
    assert named <= set(identities)


def test_page_can_be_read_by_a_machine_that_reads_aloud() -> None:
    text = page()
    found = Elements(text).found
    assert sum(tag == "h1" for tag, _ in found) == 1
    assert next(attrs["lang"] for tag, attrs in found if tag == "html") == "en"
    assert next(attrs for tag, attrs in found if tag == "a")["href"] == "#verdict"
    assert text.count("<table") == text.count("<caption>")
    assert all("scope" in attrs for tag, attrs in found if tag == "th")
    drawn = [attrs for tag, attrs in found if tag == "svg"]
    assert all(attrs.get("aria-hidden") == "true" or attrs.get("role") == "img" for attrs in drawn)
    assert text.count("<title") == 1 + sum(attrs.get("role") == "img" for attrs in drawn)


def test_headings_descend_one_step_at_a_time() -> None:
    levels = [int(tag[1]) for tag, _ in Elements(page()).found if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_embedded_result_is_the_signed_bytes() -> None:
    result = toy_result(name="a < b && c > d \u2028 </script><script>alert(1)</script>")
    text = page(result, attestation())
    raw = block(text, "result")
    assert not set("<>&\u2028") & set(raw)
    assert canonical_json(json.loads(raw)) == result.to_json()
    assert canonical_json(json.loads(block(text, "attestation"))) == attestation()


def test_unsigned_page_says_so_and_carries_no_attestation() -> None:
    text = page()
    assert "UNSIGNED RENDERING" in text
    assert 'id="attestation"' not in text


def test_development_key_is_never_shown_as_an_identity() -> None:
    text = page(envelope=attestation(development=True))
    assert "signed with a development key: detects accidental change, proves no identity" in text
    assert "auditkit verify report.html --allow-dev-key" in text


def test_page_under_a_real_key_carries_no_banner() -> None:
    text = page(envelope=attestation())
    assert 'class="banner"' not in text
    assert "Meridian Assurance" in text
    assert "2027-05-20 00:00 UTC" in text


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"payload":"!"}', b'{"payload":"e30="}', b"\xff\xfe{"])
def test_envelope_without_a_statement_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityError, match="not an envelope around an audit statement"):
        render_html(toy_result(), raw)


def test_crashed_run_never_looks_like_a_clean_one() -> None:
    clean = toy_result(findings=tuple(one for one in toy_result().findings if one.status == "measured"))
    broken = toy_result(findings=tuple(_crashed(one) for one in clean.findings))
    first = page(broken).partition("contents contents-inside")[0]
    assert page(clean) != page(broken)
    assert "Checks that crashed: 2. What they would have measured is unknown." in first
    assert all(finding.check in first for finding in broken.findings)
    assert "OSError: disk on fire" in first


def _crashed(finding: Finding) -> Finding:
    reason = {"msgid": "the check crashed: {why}", "params": {"why": "OSError: disk on fire"}}
    kept = finding.model_dump(include={"check", "title", "text", "cards"})
    return Finding.model_validate({**kept, "status": "error", "reason": reason})


def test_crashes_are_counted_on_page_one_whatever_the_verdict() -> None:
    kind: Any
    for kind in ("pass", "fail", "inconclusive", "error"):
        verdict = toy_result().verdict.model_copy(update={"outcome": kind})
        first = page(toy_result(verdict=verdict)).partition("contents contents-inside")[0]
        assert "Checks that crashed: 1." in first
        assert "fairness.intersections" in first


def test_pass_with_waivers_is_not_a_plain_pass() -> None:
    verdict = Verdict(outcome="pass", judgements=(), waivers_in_force=2)
    assert "PASS WITH WAIVERS" in page(toy_result(verdict=verdict))


def test_an_empty_policy_is_said_to_have_judged_nothing() -> None:
    text = page(toy_result(verdict=Verdict(outcome="inconclusive", judgements=()), findings=()))
    assert "The policy has no rules: nothing was judged." in text


def test_every_outcome_has_a_word_and_a_shape_of_its_own() -> None:
    text = page()
    shapes = {}
    for outcome in OUTCOMES:
        found = re.search(rf'<span class="outcome is-{outcome}"><svg[^>]*>(.*?)</svg><span>([^<]+)</span>', text)
        assert found, outcome
        shapes[re.sub(r'(fill|stroke)="#\w+"', "", found[1])] = found[2]
    assert len(shapes) == len(set(shapes.values())) == len(OUTCOMES)


def test_own_templates_come_before_the_shipped_ones(tmp_path: Path) -> None:
    (tmp_path / "report.html.j2").write_text("<p>{{ report.title }}, {{ report.verdict.word }}</p>", encoding="utf-8")
    assert render_html(toy_result(), None, template_dirs=(tmp_path,)) == b"<p>Heart disease, release 3, FAIL</p>"


def test_templates_digest_changes_with_a_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = templates_digest()
    copy = Path(shutil.copytree(template_dir(), tmp_path / "templates"))
    monkeypatch.setattr("auditkit.report.sources.template_dir", lambda: copy)
    assert templates_digest() == before
    (copy / "report.css").write_text("body { color: red }", encoding="utf-8")
    assert templates_digest() != before


def test_templates_digest_tells_whose_templates_come_first(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, text in ((one, "1"), (other, "2")):
        (folder / "parts").mkdir(parents=True)
        (folder / "parts" / "front.html.j2").write_text(text, encoding="utf-8")
    orders = [(), (one,), (other,), (one, other), (other, one)]
    assert len({templates_digest(folders) for folders in orders}) == len(orders)
    again = Path(shutil.copytree(one, tmp_path / "elsewhere"))
    assert templates_digest((again,)) == templates_digest((one,))


def test_templates_digest_of_folders_without_templates_is_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no template", encoding="utf-8")
    assert templates_digest((tmp_path, tmp_path / "absent")) == templates_digest()


def test_folded_tables_say_how_much_was_left_out() -> None:
    subject = toy_result().subject.model_copy(update={"classes": tuple(f"class {i}" for i in range(10_000))})
    text = html.unescape(page(toy_result(subject=subject)))
    assert "class 11, and 9,988 more" in text
