"""Results for the tests of exporters: a verdict of each outcome, hostile names, thousands of rules."""

from __future__ import annotations

import functools
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from auditkit.document import Text
from auditkit.host import Host
from auditkit.policy import Policy, Rule, Waiver
from auditkit.result import AuditResult, FileDigest, JudgedPolicy, Judgement, RulePlace, Verdict
from auditkit.testing.results import measured, toy_result

ORACLES = Path(__file__).parents[2] / "shared" / "oracles"
"""What others publish and the project does not ship: a test that needs it skips where it is not."""

HOSTILE = [
    "<script>alert(1)</script>",
    "]]>",
    "::error file=x::owned",
    "a\n::add-mask::x\n",
    "%0A::error::owned",
    "\x00\x01\x08\x0b\x1f\x7f\x80\ufffe\uffff",
    "\x1b[31mred\x1b[0m",
    "invoice\u202efdp.exe\u2066\u200f",
    "| cell | --- |",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png)",
    "@someone #12 https://evil.example www.evil.example a@evil.example",
    "```\n# heading\n- item",
    "`code` **bold** ~~gone~~ $x$ &amp; \\",
    "---\nlicense: mit\n---",
    "yes",
    "!!python/object:os.system x",
    "2026-11-23",
    "",
    " ",
    "name\twith\ttabs",
    "\N{PILE OF POO}\u00e9\u4e2d",
]


@functools.cache
def host() -> Host:
    """What is installed."""
    return Host.installed()


def exported(name: str, result: AuditResult) -> bytes:
    """What one exporter writes of a result."""
    return host().export(result, [name])[name]


def result_of(*outcomes: str, verdict: str, required: bool = True, names: tuple[str, ...] = ()) -> AuditResult:
    """A result with a rule for each outcome."""
    ids = names or tuple(f"rule-{place}" for place in range(len(outcomes)))
    rules = tuple(Rule(id=name, metric="accuracy", min=0.9, because="House rule 12", required=required) for name in ids)
    waivers = (
        Waiver(
            metric="accuracy", owner="R. Okafor", approved_by="M. Chen", reason="until May", expires=date(2027, 5, 31)
        ),
    )
    policy = Policy(rules=rules, waivers=waivers)
    judgements = tuple(_judgement(name, outcome) for name, outcome in zip(ids, outcomes, strict=True))
    in_force = int(any(one == "waived" for one in outcomes))
    return _toy().model_copy(  # not sealed anew: thousands of rules would take long
        update={
            "policy": JudgedPolicy(policy=policy, digest="0" * 64, source="spec"),
            "verdict": Verdict(outcome=verdict, judgements=judgements, waivers_in_force=in_force),
        }
    )


@functools.cache
def _toy() -> AuditResult:
    return toy_result()


def _judgement(rule: str, outcome: str) -> Judgement:
    without = outcome in {"not_applicable", "no_evidence", "error"}
    waived: dict[str, Any] = {"waiver": 0, "unwaived": "fail"} if outcome == "waived" else {}
    worst = None if without else measured("accuracy", 0.5, 40, 0.352, 0.648, group={"sex": "F"})
    return Judgement(
        rule=rule, outcome=outcome, worst=worst, check="performance.overall", reason=Text.of("so it is"), **waived
    )


def placed(result: AuditResult, file: str = "audit.toml", first: int = 7) -> AuditResult:
    """The same, whose rules stand in a file, a line after the other."""
    rules = result.policy.policy.rules
    places = tuple(RulePlace(rule=rule.id, file=file, line=first + place) for place, rule in enumerate(rules))
    return result.model_copy(update={"run": result.run.model_copy(update={"places": places})})


def drenched(word: str) -> AuditResult:
    """A result in which every text that comes from outside is the hostile word."""
    said = word or " "
    text = Text(msgid="said: {word}", params={"word": word})
    rule = Rule(id=said, metric=said, min=0.9, because=said)
    excused = Rule(id=f"{said}2", metric=said, min=0.9, because=said)
    policy = Policy(
        rules=(rule, excused),
        waivers=(Waiver(metric=said, owner=said, approved_by=said, reason=said, expires=date(2027, 5, 31)),),
    )
    worst = measured(said, 0.3, 40, 0.2, 0.4, group={said: said}, label=word, conditions={said: word})
    judgements = (
        Judgement(rule=said, outcome="fail", worst=worst, check=said, reason=text),
        Judgement(rule=f"{said}2", outcome="waived", worst=worst, check=said, reason=text, waiver=0, unwaived="fail"),
    )
    toy = toy_result()
    finding = toy.findings[1].model_copy(
        update={"check": said, "measurements": (worst, measured(said, 0.3, 40, 0.2, 0.4, label=word))}
    )
    split = toy.data.splits[0].model_copy(update={"file": FileDigest(name=said, sha256="0" * 64, size=1)})
    facts = toy.subject.facts.model_copy(
        update={"licence": said, "architectures": (said,), "base_models": (said,), "datasets": (said,)}
    )
    subject = toy.subject.model_copy(
        update={"adapter": said, "prediction_type": said, "facts": facts, "files": (split.file,)}
    )
    return placed(
        toy_result(
            name=said,
            subject=subject,
            data=toy.data.model_copy(update={"splits": (split,)}),
            findings=(finding,),
            policy=JudgedPolicy(policy=policy, digest=policy.digest, source="spec"),
            verdict=Verdict(outcome="fail", judgements=judgements, waivers_in_force=1),
        ),
        file=f"{said.replace('/', '_')}/audit.toml",
    )


@functools.cache
def many(count: int) -> AuditResult:
    """A result of so many rules, every third of which fails."""
    outcomes = tuple("fail" if place % 3 == 0 else "pass" for place in range(count))
    return placed(result_of(*outcomes, verdict="fail"))


def sarif_schema() -> dict[str, Any]:
    """The OASIS schema of SARIF 2.1.0; skips where it is not beside the checkout."""
    path = ORACLES / "sarif" / "sarif-schema-2.1.0.json"
    if not path.is_file():
        pytest.skip(f"the schema of OASIS is not at {path}: put sarif-schema-2.1.0.json there")
    schema: dict[str, Any] = json.loads(path.read_text())
    return schema


def words_of_docx(content: bytes) -> str:
    """The words of a Word file, after nothing was found in it that does something: no field, link, object or macro."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "vba" in name or "embeddings" in name]
        for name in archive.namelist():
            assert not name.endswith(".rels") or b'TargetMode="External"' not in archive.read(name)
        root = ET.fromstring(archive.read("word/document.xml"))  # noqa: S314  written just now
    kinds = {one.tag.rpartition("}")[2] for one in root.iter()}
    assert not {"hyperlink", "fldSimple", "instrText", "object", "altChunk", "drawing"} & kinds
    return "\n".join("".join(one.itertext()) for one in root.iter() if one.tag.endswith("}p"))
