"""Rule maps: which clauses of a law or standard an audit has evidence for, and which it has none for.

A map names, for each clause, what of an audit bears on it. `states_of` reads off a result what of that is there: a pure
function, whose answer stands in the result, so that nobody needs the map again. It says of no clause that it is met.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from auditkit.document import Document, Grown, digest_of
from auditkit.errors import PluginError, did_you_mean
from auditkit.finding import Finding, Measurement
from auditkit.governance.record import Kind
from auditkit.stated import NAMED, Tally

if TYPE_CHECKING:
    from auditkit.policy import Outcome, PolicyPack
    from auditkit.result import AuditResult, Judgement
    from auditkit.spec import AuditSpec

NOT_ADVICE = "Informational mapping, not legal advice."
"""What every map says of itself."""

Said = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Read = Literal["primary", "secondary", "from notes"]

Strength = Literal["not_met", "undecided", "none", "faulty", "attested", "record", "measured", "met", "not_applicable"]
"""What is there of one thing that bears on a clause.

met, not_met, undecided: by a rule of the policy, or by a sampling plan. measured: no rule is about it. record: a
governance record without a fault; faulty: one with. attested: somebody's word alone. none: nothing is there.
"""

State = Literal["nothing", "not_met", "undecided", "faulty", "attested", "record", "measured", "met", "not_applicable"]
"""What is there of a clause: the worst of what was judged; else the most that is there."""

STATES: tuple[State, ...] = (
    "nothing", "not_met", "undecided", "faulty", "attested", "record", "measured", "met", "not_applicable",
)  # fmt: skip
"""Gaps first: the order in which a report lists clauses."""

# A rule that is in error, or without evidence, has nothing that it judges.
_OUTCOMES: dict[Outcome, Strength] = {
    "fail": "not_met",
    "warn": "not_met",
    "waived": "not_met",
    "inconclusive": "undecided",
    "pass": "met",
}
_READ = ("present", "partial")
_JUDGED: tuple[Strength, ...] = ("not_met", "undecided", "met")
_THERE: tuple[State, ...] = ("not_met", "undecided", "met", "measured", "record", "attested", "faulty")


class SamplingPlan(Document):
    """How many of something are to be looked at, and which share of them is to be as it should."""

    name: Name = Field(description="by which [governance.samples] states a tally that people made")
    metrics: tuple[Name, ...] = Field(
        default=(), description="shares over all rows that are such a tally; none: people's"
    )
    least: int = Field(ge=1, description="how many are to be looked at")
    min: float | None = Field(default=None, ge=0, le=1, description="the least share; either this or max")
    max: float | None = Field(default=None, ge=0, le=1, description="the largest share")

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.min is None) == (self.max is None):
            raise ValueError("a sampling plan has either min or max")
        return self


class Clause(Document):
    """One clause, and what of an audit bears on it. With nothing that bears, it is a title that people answer for."""

    id: Name
    clause: Name = Field(description="as it is cited, e.g. Art. 10(2)(f)")
    text: Said = Field(description="what it asks for, in the map's own words, or its title")
    checks: tuple[Name, ...] = Field(default=(), description="areas or checks")
    metrics: tuple[Name, ...] = Field(default=(), description="metrics; of one label of them as metric[label]")
    records: tuple[Kind, ...] = Field(default=(), description="kinds of governance records")
    questions: tuple[Name, ...] = Field(default=(), description="questions of auditkit ask, by their ids")
    stated: tuple[Name, ...] = Field(default=(), description="statements of [governance], by their keys")
    facts: tuple[Literal["signed-report", "sealed-criteria", "model-signature"], ...] = Field(
        default=(), description="what an audit is by itself"
    )
    sample: SamplingPlan | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All that bears on it, by name."""
        sample = (self.sample.name,) if self.sample else ()
        named: tuple[tuple[str, ...], ...] = (self.checks, self.metrics, self.records, self.questions, self.stated)
        return (*(name for names in named for name in names), *self.facts, *sample)


class RuleMap(Document):
    """The clauses of one law, standard or guidance."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Name
    version: Name = Field(description="of what is mapped: a number, or the day that its text is of")
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] = Field(description="of this mapping")
    source: Said = Field(description="where its text is published")
    read: Read = Field(description="what whoever wrote the map had before them")
    notes: tuple[Said, ...] = Field(default=(), description="what a reader must know besides")
    clauses: tuple[Clause, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [one.id for one in self.clauses]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"clause '{twice[0]}' stands there twice")
        return self

    @classmethod
    def read_file(cls, path: Path) -> Self:
        """The map in a TOML file.

        Raises:
            PluginError: it cannot be read, or is no map.
        """
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
        except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
            raise PluginError(f"the rule map '{path.name}' cannot be read: {error}", hint="mend the file") from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            message = f"the rule map '{path.name}' is no map: {place or 'it'}: {first['msg']}"
            raise PluginError(message, hint="see docs/rule-maps.md for its keys") from error


class Evidence(Grown):
    """What is there of one thing that bears on a clause."""

    grown: ClassVar[frozenset[str]] = frozenset({"low", "high"})

    kind: Literal["check", "metric", "record", "question", "statement", "fact", "sample"]
    name: str
    strength: Strength
    count: int = Field(default=0, description="rules that judge it; else checks or measurements; of a sample its size")
    value: float | None = Field(default=None, description="of a sample: the share")
    low: float | None = Field(default=None, description="of the share's exact interval")
    high: float | None = None


class ClauseState(Document):
    """A clause, and what is there of it."""

    id: str
    clause: str
    text: str
    state: State
    evidence: tuple[Evidence, ...] = ()

    @property
    def missing(self) -> tuple[Evidence, ...]:
        """What bears on it and is not there."""
        return tuple(one for one in self.evidence if one.strength == "none")


class Framework(Document):
    """A map as it was at the time of the audit, with the state of each clause."""

    id: str
    title: str
    version: str
    date: str
    source: str
    read: Read
    notes: tuple[str, ...] = ()
    digest: str = Field(description="SHA-256 of the map's canonical JSON")
    clauses: tuple[ClauseState, ...]

    def count(self, state: State) -> int:
        """How many clauses are in a state."""
        return sum(one.state == state for one in self.clauses)


def maps_of(spec: AuditSpec, packs: Mapping[str, PolicyPack]) -> tuple[RuleMap, ...]:
    """The maps of the packs that the spec extends, in its order.

    Raises:
        SpecError: `[governance.samples]` names a tally that none of them asks for.
    """
    wanted = spec.policy.extends if spec.policy else ()
    maps = {one.id: one for name in wanted if name in packs and (one := packs[name].rule_map) is not None}
    known = [clause.sample.name for one in maps.values() for clause in one.clauses if clause.sample]
    for name in spec.governance.samples:
        if name not in known:
            hint = did_you_mean(name, known, otherwise="extend the policy by a map with a sampling plan")
            message = f"'{name}' is no sample that a map of the policy asks for"
            raise spec.source.error(("governance", "samples", name), message, hint)
    return tuple(maps.values())


def unknown_names(one: RuleMap, checks: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What a map says to bear on a clause and is nowhere: misspelt, or of a plugin that is not installed.

    Args:
        one: the map.
        checks: the metrics of each check, by its id.
    """
    areas = {_area(name) for name in checks}
    metrics = {metric for named in checks.values() for metric in named}
    for clause in one.clauses:
        sampled = clause.sample.metrics if clause.sample else ()
        yield from (name for name in clause.checks if name not in checks and name not in areas)
        yield from (name for name in (*clause.metrics, *sampled) if _labelled(name)[0] not in metrics)
        yield from (name for name in clause.stated if name not in STATEMENTS)


STATEMENTS = frozenset({*NAMED, "model_version", "not_intended"})
"""What `[governance]` can state in a sentence."""


def states_of(result: AuditResult, maps: Sequence[RuleMap]) -> tuple[Framework, ...]:
    """What a result has for each clause: of its findings, verdict, records and statements, and of nothing else."""
    return tuple(
        Framework(
            **one.model_dump(include={"id", "title", "version", "date", "source", "read", "notes"}),
            digest=digest_of(one.model_dump(mode="json")),
            clauses=tuple(_state(result, clause) for clause in one.clauses),
        )
        for one in maps
    )


def _state(result: AuditResult, clause: Clause) -> ClauseState:
    found = tuple(_evidence(result, clause))
    strengths = {one.strength for one in found}
    state: State = next((one for one in _THERE if one in strengths), "nothing")
    if state == "met" and strengths & {"none", "faulty"}:
        state = "measured"  # rules that are kept say nothing of what is not there
    if state == "nothing" and strengths == {"not_applicable"}:
        state = "not_applicable"
    return ClauseState(id=clause.id, clause=clause.clause, text=clause.text, state=state, evidence=found)


def _evidence(result: AuditResult, clause: Clause) -> Iterator[Evidence]:
    for name in clause.checks:
        measured = [one for one in _sound(result) if name in {one.check, one.check.partition(".")[0]}]
        judged = [one for one in result.verdict.judgements if one.check and name in {one.check, _area(one.check)}]
        yield _measured("check", name, judged, len(measured))
    for name in clause.metrics:
        metric, label = _labelled(name)
        numbers = [one for finding in _sound(result) for one in finding.measurements if one.metric == metric]
        count = sum(one.value is not None and label in {None, one.label} for one in numbers)
        asked = {rule.id for rule in result.policy.policy.rules if rule.metric == metric and rule.label == label}
        yield _measured("metric", name, [one for one in result.verdict.judgements if one.rule in asked], count)
    for kind in clause.records:
        yield _recorded(result, kind)
    yield from (_answered(result, name) for name in clause.questions)
    for name in clause.stated:
        said = name in STATEMENTS and bool(getattr(result.stated, name))
        yield Evidence(kind="statement", name=name, strength="attested" if said else "none")
    there = {"signed-report": True, "sealed-criteria": result.seal is not None}
    there["model-signature"] = result.subject.signature is not None and result.subject.signature.verified
    for fact in clause.facts:
        yield Evidence(kind="fact", name=fact, strength="record" if there[fact] else "none")
    if clause.sample:
        yield _sampled(result, clause.sample)


def _labelled(name: str) -> tuple[str, str | None]:
    """`rate[phone number]` -> the metric and its label."""
    metric, bracket, label = name.partition("[")
    return metric, label.removesuffix("]") if bracket else None


def _area(check: str) -> str:
    return check.partition(".")[0]


def _sound(result: AuditResult) -> Iterator[Finding]:
    """Findings that are evidence of anything: measured, by a check that gave its known answers."""
    return (one for one in result.findings if one.status == "measured" and one.controls_passed)


def _measured(kind: Literal["check", "metric"], name: str, judged: Sequence[Judgement], count: int) -> Evidence:
    """By the worst of the rules about it; else whether there is a number."""
    said = [_OUTCOMES[one.outcome] for one in judged if one.outcome in _OUTCOMES]
    unanswered = any(one.outcome in {"no_evidence", "error"} for one in judged)
    for strength in _JUDGED:
        if strength in said and not (strength == "met" and unanswered):
            return Evidence(kind=kind, name=name, strength=strength, count=len(said))
    return Evidence(kind=kind, name=name, strength="measured" if count else "none", count=count)


def _recorded(result: AuditResult, kind: Kind) -> Evidence:
    statuses = {one.status for one in result.governance if one.kind == kind}
    strength: Strength = "none"
    if statuses & {"partial", "expired"}:
        strength = "faulty"
    elif "present" in statuses:
        strength = "record"
    elif "not-applicable" in statuses:
        strength = "not_applicable"
    return Evidence(kind="record", name=kind, strength=strength)


def _answered(result: AuditResult, question: str) -> Evidence:
    answers = [one for one in result.governance if one.kind == "process-answers" and one.status in _READ]
    strength: Strength = "none"
    if any(one.says(f"{question}.answer") for one in answers):
        strength = "attested"
    elif any(one.says(f"{question}.not_applicable") for one in answers):
        strength = "not_applicable"
    return Evidence(kind="question", name=question, strength=strength)


def _sampled(result: AuditResult, plan: SamplingPlan) -> Evidence:
    """A tally of people is their word, however good; one that was measured is judged by the plan's bound."""
    tally, measured = result.stated.samples.get(plan.name), False
    for number in (one for finding in _sound(result) for one in finding.measurements if _is_tally(one, plan)):
        tally, measured = Tally(count=round((number.value or 0.0) * (number.n or 0)), of=number.n or 0), True
    if tally is None or tally.of == 0:
        return Evidence(kind="sample", name=plan.name, strength="none")
    low, high = interval_of(tally, result.provenance.level)
    strength = judge_sample(plan, tally, result.provenance.level)
    if strength == "met" and not measured:
        strength = "attested"
    return Evidence(
        kind="sample",
        name=plan.name,
        strength=strength,
        count=tally.of,
        value=tally.count / tally.of,
        low=low,
        high=high,
    )


def _is_tally(one: Measurement, plan: SamplingPlan) -> bool:
    whole = not one.group and one.label is None and not one.conditions
    return one.metric in plan.metrics and whole and one.value is not None and 0 <= one.value <= 1


def interval_of(tally: Tally, level: float) -> tuple[float, float]:
    """The exact interval of the tally's share. Source: Clopper and Pearson (1934), Biometrika 26, 404-413."""
    from auditkit.statistics import clopper_pearson

    limits = clopper_pearson(tally.count, tally.of, level)
    return float(limits.low), float(limits.high)


def judge_sample(plan: SamplingPlan, tally: Tally, level: float) -> Strength:
    """Whether a sample is large enough, and the whole interval of its share within the plan's bound.

    A sample that is too small can miss the bound, and can never be enough to keep it.
    """
    low, high = interval_of(tally, level)
    missed = high < plan.min if plan.min is not None else low > (plan.max or 0.0)
    kept = low >= plan.min if plan.min is not None else high <= (plan.max or 0.0)
    if missed:
        return "not_met"
    return "met" if kept and tally.of >= plan.least else "undecided"
