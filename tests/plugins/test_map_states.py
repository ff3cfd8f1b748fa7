"""States of the clauses of each rule map, by hand from what the map names, so that none says too much."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

import pytest
from judgements import finding, measured, rule, verdict_of

from auditkit.clause_states import states_of
from auditkit.governance.answering import questions
from auditkit.governance.record import Detail, Kind, Record
from auditkit.host import Host
from auditkit.policy import Policy
from auditkit.result import JudgedPolicy, ModelSignature
from auditkit.sealing.record import MovedKey, SealRecord
from auditkit.stated import NAMED, Stated, Tally
from auditkit.testing import toy_result

LABELS = (
    "phone number", "e-mail address", "US social security number", "IBAN", "payment card", "MAC address",
    "credentials in a URL", "IP address",
)  # fmt: skip
METRICS = {
    "impact_ratio": "fairness.local-law-144",
    "scoring_impact_ratio": "fairness.local-law-144",
    "scoring_rate": "fairness.local-law-144",
    "direct_identifier_columns": "privacy.personal-data",
} | {f"personal_data_rate[{label}]": "privacy.personal-data" for label in LABELS}
"""What maps name, by the check that measures it."""
BOUNDS = {"kept": 0.7, "not_met": 0.3, "undecided": 0.5}
"""Of a gap of 0.5, which lies between 0.4 and 0.6."""
COUNTED = {
    "source-unlawful": Tally(count=0, of=1000),
    "corpus-manual": Tally(count=3900, of=4000),
    "corpus-keywords": Tally(count=9900, of=10_000),
    "should-refuse": Tally(count=298, of=300),
    "should-not-refuse": Tally(count=4, of=300),
}
"""Each well within its plan's bound."""


@cache
def checks() -> tuple[str, ...]:
    return tuple(sorted(Host.installed().checks))


def found(area: str, said: str) -> dict[str, Any]:
    """A number of each check and each metric, and a rule about each: missed or undecided in one area, else kept."""
    rules, findings = [], []
    for check in checks():
        bound = BOUNDS[said if check.startswith(area) else "kept"]
        rules.append(rule(check=check, max=bound))
        findings.append(finding(measured(0.5, 0.4, 0.6), check=check))
    for name, check in METRICS.items():
        metric, _, label = name.partition("[")
        about = {"metric": metric, "label": label.removesuffix("]") or None}
        rules.append(rule(max=BOUNDS[said if check.startswith(area) else "kept"], **about))
        findings.append(finding(measured(0.5, 0.4, 0.6, **about), check=check))
    findings.append(finding(measured(0.95, metric="judged_good_rate", n=1000), check="conversation.judge"))
    policy = Policy(rules=tuple(one.identified() for one in rules))
    return {
        "findings": tuple(findings),
        "verdict": verdict_of(tuple(rules), *findings),
        "policy": JudgedPolicy(policy=policy, digest=policy.digest, source="spec"),
    }


def seal(*moved: MovedKey) -> SealRecord:
    return SealRecord(
        envelope="{}", sealed_on="2026-11-01T00:00:00Z", signer="A. Name", keyid="0" * 64, development=False,
        number=1, answers_kept=False, keys=4, moved=moved,
    )  # fmt: skip


def told(faulty: str = "") -> dict[str, Any]:
    """All that people say: each kind of record, each answer, each statement, each tally, a seal, a signed model."""
    about = {"title": "t", "owner": "A. Name", "date": "2026-11-01", "expires": None}
    answers = tuple(Detail(name=f"{one.id}.answer", value="It is so.") for one in questions())
    records = tuple(
        Record(
            kind=kind,
            status="partial" if kind == faulty else "present",
            source=f"{kind}.toml",
            details=answers if kind == "process-answers" else (),
            **about,
        )
        for kind in get_args(Kind)
    )
    signature = ModelSignature(file="model.sig", made_with="key", verified=True, key="0" * 64)
    return {
        "governance": records,
        "stated": Stated(samples=COUNTED, **dict.fromkeys((*NAMED, "model_version", "not_intended"), "It is so.")),
        "seal": seal(),
        "subject": toy_result().subject.model_copy(update={"signature": signature}),
    }


def states(name: str, *parts: dict[str, Any]) -> dict[str, str]:
    changed: dict[str, Any] = {"findings": (), "governance": (), "stated": Stated(), "seal": None}
    changed |= {"verdict": verdict_of(rule())}
    for part in parts:
        changed |= part
    result = toy_result().model_copy(update=changed)
    one = Host.installed().policies[name].rule_map
    assert one is not None
    return {clause.id: clause.state for clause in states_of(result, [one])[0].clauses}


def of(said: dict[str, str], state: str) -> set[str]:
    return {clause for clause, found in said.items() if found == state}


@dataclass(frozen=True)
class Worked:
    """What each clause of a map comes to; clauses that no field names have nothing."""

    report: str = ""
    """A report is there, and nothing else: those that name it."""
    whole: dict[str, str] = field(default_factory=dict)
    """Everything is there, and each rule is kept."""
    still: str = ""
    """Everything is measured and kept, and nobody says anything: those that name nothing else."""
    part: str = ""
    """The same: those that name something else too."""
    area: str = "fairness"
    missed: str = ""
    """Those that hang on a rule in that area."""
    record: Kind = "human-oversight"
    faulty: str = ""
    """Those that name that record, which has a fault."""


WORKED = {
    "eu-ai-act": Worked(
        report="9-6 9-8 15-3 iv-2-g",
        whole={
            "met": """9-2-b 9-6 9-9 10-2-b 10-2-c 10-2-e 10-2-f 10-2-g 10-2-h 10-3 10-4 10-5 13-1 13-3-b-ii 13-3-b-iii
                13-3-b-iv 13-3-b-v 13-3-b-vi 13-3-b-vii 14-4-a 14-4-b 14-4-c 14-4-d 15-1 15-3 15-4 15-5 iv-2-d iv-2-e
                iv-2-g iv-2-h iv-3""",
            "record": """9-1 9-2-a 9-2-c 9-2-d 9-5 9-8 13-2 13-3-a 13-3-b-i 13-3-c 13-3-d 13-3-e 13-3-f 14-1 14-2 14-4-e
                iv-1-b iv-1-c iv-1-h iv-2-a iv-2-f iv-4 iv-5 iv-6 iv-9""",
            "attested": "10-2-a 10-2-d iv-1-a iv-1-d iv-2-b iv-2-c iv-7",
            "nothing": "iv-1-e iv-1-f iv-1-g iv-8",
        },
        still="""9-6 10-2-c 10-2-e 10-2-f 10-3 13-1 13-3-b-ii 13-3-b-iv 13-3-b-v 13-3-b-vii 14-4-c 15-1 15-3 iv-2-g""",
        part="""9-2-b 9-9 10-2-b 10-2-g 10-2-h 10-4 10-5 13-3-b-iii 13-3-b-vi 14-4-a 14-4-b 14-4-d 15-4 15-5 iv-2-d
            iv-2-e iv-2-h iv-3""",
        missed="9-2-b 9-9 10-2-f 10-2-g 13-3-b-v iv-2-g iv-3",
        faulty="13-3-d 14-1 14-2 14-4-d 14-4-e iv-2-e iv-3",
    ),
    "nist-ai-rmf": Worked(
        report="measure-2-1 measure-2-13",
        whole={
            "met": """measure-2-2 measure-2-3 measure-2-4 measure-2-5 measure-2-6 measure-2-7 measure-2-9 measure-2-10
                measure-2-11""",
            "record": """govern-1 govern-2 govern-3 govern-5 govern-6 map-1 map-2 map-3 map-4 map-5 measure-1
                measure-2-1 measure-2-8 measure-2-13 measure-3 manage-2 manage-3 manage-4""",
            "attested": "govern-4 measure-2-12 measure-4 manage-1",
        },
        still="measure-2-3 measure-2-5 measure-2-9 measure-2-11",
        part="measure-2-2 measure-2-4 measure-2-6 measure-2-7 measure-2-10",
        missed="measure-2-3 measure-2-11",
        faulty="govern-3 map-3 measure-2-6",
    ),
    "iso-42001": Worked(
        report="a-4-4 a-6-2-4 a-6-2-7",
        whole={
            "met": "a-4-3 a-5-4 a-6-2-4 a-6-2-6 a-7-2 a-7-4 a-7-5 a-7-6 a-8-2",
            "record": """a-3-2 a-3-3 a-4-2 a-4-4 a-5-3 a-6-1-2 a-6-2-2 a-6-2-3 a-6-2-7 a-6-2-8 a-8-3 a-8-4 a-9-2 a-9-4
                a-10-2 a-10-3 a-10-4""",
            "attested": "a-2-2 a-2-3 a-4-5 a-4-6 a-5-2 a-5-5 a-6-2-5 a-7-3 a-8-5 a-9-3",
            "nothing": "a-2-4 a-6-1-3",
        },
        still="a-6-2-4 a-7-2 a-7-4 a-7-5 a-7-6",
        part="a-4-3 a-5-4 a-6-2-6 a-8-2",
        missed="a-5-4 a-6-2-4",
        faulty="a-9-2",
    ),
    "who-lmm": Worked(
        report="transparency-development",
        whole={
            "met": """autonomy-development safety-development safety-provision transparency-development
                transparency-provision transparency-deployment equity-development equity-deployment""",
            "record": """autonomy-provision autonomy-deployment safety-deployment accountability-development
                accountability-provision accountability-deployment equity-provision sustainability-provision""",
            "attested": "sustainability-development sustainability-deployment",
        },
        still="safety-development transparency-deployment equity-development",
        part="""autonomy-development safety-provision transparency-development transparency-provision
            equity-deployment""",
        missed="equity-development equity-deployment",
        faulty="autonomy-deployment",
    ),
    "onc-hti-1": Worked(
        report="1-iv 6-iv",
        whole={
            "met": "3-ii 4-ii 4-iii 4-iv 5-i 5-ii 6-iii 7-i 7-ii 8-ii 8-iv",
            "record": "1-i 1-iv 2-i 2-ii 2-iii 2-iv 3-i 6-iv 8-i 8-iii 9-i 9-ii",
            "attested": "1-iii 4-i 6-i",
            "nothing": "1-ii 6-ii 7-iii 7-iv 7-v",
        },
        still="4-ii 4-iii 7-i 7-ii 8-ii 8-iv",
        part="3-ii 4-iv 5-i 5-ii 6-iii",
        missed="3-ii 4-ii 5-i 5-ii 7-ii 8-iv",
        faulty="2-iv",
    ),
    "fda-gmlp": Worked(
        whole={"met": "3 4 5 6 7 8 10", "record": "1 2 9"},
        still="4 5 8",
        part="3 6 7 10",
        missed="8",
        faulty="7",
    ),
    "cn-genai-measures": Worked(
        report="19",
        whole={"met": "4-2 4-4 4-5 7-1 7-3 7-4 8 11 13", "record": "4-3 7-2 9 10 14 15 19", "nothing": "4-1 12 17"},
        still="4-2 4-4 4-5 7-4 8",
        part="7-1 7-3 11 13",
        missed="4-2",
        record="complaint-channel",
        faulty="11 15",
    ),
    "gb-t-45654-2025": Worked(
        whole={
            "met": "generated labelling personal model discrimination",
            "record": "property measures complaints monitoring",
            "attested": "sources corpus-manual corpus-keywords refuses does-not-refuse inputs",
        },
        still="generated labelling discrimination",
        part="sources personal model",
        missed="discrimination",
        faulty="monitoring",
    ),
    "gdpr-35": Worked(
        report="35-1",
        whole={
            "met": "35-3-b 35-7-c 35-7-d",
            "record": "35-1 35-2 35-7-a 35-11",
            "attested": "35-3-a 35-7-b 35-9",
        },
        still="35-3-b",
        part="35-7-c 35-7-d",
        missed="35-7-c",
        record="monitoring-plan",
        faulty="35-11",
    ),
    "nyc-ll144": Worked(
        report="5-303 20-870 20-871",
        whole={"met": "5-301-b 5-301-c 5-301-d 5-302", "record": "5-303 5-304 20-870 20-871"},
        still="5-301-b 5-301-c 5-301-d",
        part="5-302",
        missed="5-301-b 5-301-c 5-301-d",
        record="complaint-channel",
        faulty="5-304",
    ),
    "hipaa-deidentification": Worked(
        whole={"met": "a b c d e f g h i j k m n o r", "nothing": "l p q"},
        still="a b c d e f g h i j k m n o r",
        area="privacy",
        missed="a b c d e f g h i j k m n o r",
    ),
}
every_map = pytest.mark.parametrize("name", WORKED)


def test_every_map_is_worked_out():
    assert {name for name, pack in Host.installed().policies.items() if pack.rule_map} == set(WORKED)


@every_map
def test_with_nothing_but_a_report_a_clause_has_that_or_nothing(name):
    said = states(name)
    assert of(said, "record") == set(WORKED[name].report.split())
    assert of(said, "nothing") == said.keys() - of(said, "record")


@every_map
def test_with_everything_that_it_names_a_clause_is_what_the_best_of_that_is(name):
    said = states(name, found("", "kept"), told())
    assert {state: of(said, state) for state in set(said.values())} == {
        state: set(clauses.split()) for state, clauses in WORKED[name].whole.items()
    }


@every_map
def test_where_people_say_nothing_rules_that_are_kept_are_not_enough_for_what_asks_for_more(name):
    said, worked = states(name, found("", "kept")), WORKED[name]
    assert of(said, "met") == set(worked.still.split())
    assert of(said, "measured") == set(worked.part.split())
    assert of(said, "record") == set(worked.report.split()) - of(said, "met") - of(said, "measured")
    assert set(said.values()) <= {"met", "measured", "record", "nothing"}


@every_map
def test_where_nothing_is_measured_no_word_of_people_makes_more_of_a_clause_than_a_record(name):
    assert set(states(name, told()).values()) <= {"record", "attested", "nothing"}


@every_map
@pytest.mark.parametrize("outcome", ["not_met", "undecided"])
def test_a_rule_that_is_missed_or_undecided_is_seen_in_each_clause_that_hangs_on_it_and_in_no_other(name, outcome):
    worked = WORKED[name]
    whole, said = states(name, found("", "kept"), told()), states(name, found(worked.area, outcome), told())
    assert of(said, outcome) == set(worked.missed.split())
    assert {one: state for one, state in said.items() if state != outcome} == {
        one: state for one, state in whole.items() if one not in worked.missed.split()
    }


@every_map
def test_a_fault_in_a_record_is_seen_in_each_clause_that_names_it(name):
    worked = WORKED[name]
    said = states(name, found("", "kept"), told(faulty=worked.record))
    assert of(said, "faulty") == set(worked.faulty.split())


def test_criteria_that_moved_after_they_were_sealed_are_a_fault_and_no_record():
    moved = MovedKey(key="policy.rules", sealed="0.05", now="0.1")
    said = states("eu-ai-act", found("", "kept"), told(), {"seal": seal(moved)})
    assert of(said, "faulty") == {"9-8", "iv-4"}
