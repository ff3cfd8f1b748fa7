"""`junit.xml`: a test case a rule, for the test tabs of CI systems.

There is no one standard; the attributes are those that Ant's JUnit task wrote and every reader takes
(https://github.com/testmoapp/junitxml).
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

from auditkit import AuditResult, exporter
from auditkit_exports.lines import Line, lines_of
from auditkit_exports.plain import plain


@exporter("junit.xml", on_request=True)
def junit(result: AuditResult) -> bytes:
    """A JUnit report for CI systems."""
    lines = lines_of(result)
    cases = [_case(line) for line in lines]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
        "time": f"{result.run.seconds:.3f}",
    }
    suites = ET.Element("testsuites", {"name": "auditkit", **counts})
    # Readers take the time of day without a zone; it is UTC.
    suite = ET.SubElement(
        suites, "testsuite", {"name": plain(result.name), **counts, "timestamp": result.run.created[:19]}
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in _facts(result):
        ET.SubElement(properties, "property", {"name": name, "value": value})
    suite.extend(cases)
    ET.indent(suites)
    return bytes(ET.tostring(suites, encoding="UTF-8", xml_declaration=True))


def _facts(result: AuditResult) -> tuple[tuple[str, str], ...]:
    return (
        ("verdict", result.verdict.outcome),
        ("model_sha256", result.subject.digest),
        ("result_sha256", result.result_digest),
        ("waivers_in_force", str(result.verdict.waivers_in_force)),
    )


def _case(line: Line) -> ET.Element:
    case = ET.Element(
        "testcase",
        {
            "classname": f"auditkit.{line.check or 'policy'}",
            "name": line.rule,
            "file": line.file,
            "line": str(line.line),
            "time": "0",
        },
    )
    if line.bars and line.outcome in {"error", "no_evidence"}:
        _told(case, "error", line)
    elif line.bars:
        _told(case, "failure", line)
    elif line.outcome == "warn" and line.required:
        ET.SubElement(case, "system-out").text = line.message
    elif line.outcome != "pass":
        ET.SubElement(case, "skipped", {"message": line.message})
    return case


def _told(case: ET.Element, tag: str, line: Line) -> None:
    told = ET.SubElement(case, tag, {"type": line.outcome, "message": line.message})
    said = f"because: {line.because}" if line.because else line.message
    told.text = "\n".join((said, *(f"{name}: {value}" for name, value in line.answers.items())))
