"""Which provisions of laws and standards the measured areas are evidence for: a table to look things up by, no verdict.

Named are only provisions whose subject is certain. Sources: Regulation (EU) 2024/1689; NIST AI 100-1 (January 2023),
MEASURE 2; ISO/IEC 42001:2023, annex A; 6 RCNY 5-301 (New York City, Local Law 144 of 2021); GB/T 45654-2025, of which
no clause is named, since its text was not read.
"""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.document import Text
from auditkit.report.areas import placed
from auditkit.report.figures import Column, Grid
from auditkit.report.wording import Wording
from auditkit.result import AuditResult

PROVISIONS = {
    "performance": ("Art. 13, 15(1), 15(3); Annex IV, 2(g)", "MEASURE 2.3, 2.5", "A.6.2.4"),
    "calibration": ("Art. 13, 15(1)", "MEASURE 2.5", "A.6.2.4"),
    "reliability": ("Art. 14, 15(1)", "MEASURE 2.5", "A.6.2.4"),
    "fairness": ("Art. 10(2)(f), 13; Annex IV, 2(g) and 3", "MEASURE 2.11", "A.5.4, A.6.2.4"),
    "robustness": ("Art. 15(4), 15(5)", "MEASURE 2.7", "A.6.2.4"),
    "privacy": ("Art. 15(5)", "MEASURE 2.10", "A.5.4, A.6.2.4"),
    "explainability": ("Art. 13, 14", "MEASURE 2.9", "A.8.2"),
    "shift": ("Art. 10(3), 72", "MEASURE 2.4", "A.6.2.6"),
    "conversation": ("Art. 15(1)", "MEASURE 2.6", "A.6.2.4"),
    "data-quality": ("Art. 10(3)", "MEASURE 2.5", "A.7.4"),
}
"""Area -> of the EU AI Act, the NIST AI RMF 1.0, and ISO/IEC 42001, annex A."""

_HIRING = "NYC Local Law 144 (6 RCNY 5-301), of tools for hiring and promotion alone"
_GENERATIVE = "GB/T 45654-2025, of generative services alone; no clause is named"
_FURTHER = {"fairness": (_HIRING, _GENERATIVE), "privacy": (_GENERATIVE,), "conversation": (_GENERATIVE,)}


def provisions(result: AuditResult, wording: Wording) -> Grid:
    """A row for each area in which something was measured and of which a provision is known."""
    columns = (
        Column(wording.say("Area")),
        Column(wording.say("Measured checks"), numeric=True),
        Column(wording.say("Supports: EU AI Act")),
        Column(wording.say("Supports: NIST AI RMF 1.0")),
        Column(wording.say("Supports: ISO/IEC 42001, annex A")),
        Column(wording.say("Supports: others")),
    )
    return Grid(wording.say("Measured areas, and what they are evidence for"), columns, tuple(_rows(result, wording)))


def _rows(result: AuditResult, wording: Wording) -> Iterator[tuple[str, ...]]:
    counts: dict[str, int] = {}
    for finding in result.findings:
        if finding.status == "measured" and finding.controls_passed:
            area = finding.check.partition(".")[0]
            counts[area] = counts.get(area, 0) + 1
    for area in placed(result):
        if area in counts and area in PROVISIONS:
            others = wording.clauses(wording.say(one) for one in _FURTHER.get(area, ()))
            yield (
                wording.sentence(Text(msgid=area.replace("-", " "))),
                f"{counts[area]:,}",
                *PROVISIONS[area],
                others or "\N{EN DASH}",
            )


_NOTES = (
    (
        "This table is for information and is no legal advice. It names provisions that what was measured can support "
        "as evidence, whatever the numbers are, and says of none that it is complied with."
    ),
    (
        "Evidence, not certification: what a provision asks for besides measurements, such as processes, documents and "
        "people, is not looked at."
    ),
    (
        "Most of the named articles of the EU AI Act are about high-risk systems. Whether this system is one, and from "
        "when on they apply, is not said here."
    ),
)


def provisions_notes(wording: Wording) -> tuple[str, ...]:
    """What the table is, and what it is not."""
    return tuple(wording.say(note) for note in _NOTES)
