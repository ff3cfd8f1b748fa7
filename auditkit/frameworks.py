"""Rule maps: which clauses of a law or standard an audit has evidence for, and which it has none for.

A map names, for each clause, what of an audit bears on it. `auditkit.clause_states` reads off a result what of that is
there, and its answer stands in the result, so that nobody needs the map again. It says of no clause that it is met.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from auditkit.document import Document, Grown
from auditkit.errors import PluginError, did_you_mean
from auditkit.governance.record import Kind
from auditkit.stated import NAMED

if TYPE_CHECKING:
    from auditkit.policy import PolicyPack
    from auditkit.spec import AuditSpec

NOT_ADVICE = "Informational mapping, not legal advice."
"""What every map says of itself."""

Said = Annotated[str, StringConstraints(min_length=1, max_length=600, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{1,8})*$", max_length=35)]
Read = Literal["primary", "secondary", "from notes"]

Strength = Literal["not_met", "undecided", "none", "faulty", "attested", "record", "measured", "met", "not_applicable"]
"""What is there of one thing that bears on a clause.

met, not_met, undecided: by a rule of the policy, or by a sampling plan. measured: no rule is about it. record: a
governance record without a fault; faulty: one with, or criteria that moved after they were sealed. attested:
somebody's word alone. none: nothing is there.
"""

State = Literal["nothing", "not_met", "undecided", "faulty", "attested", "record", "measured", "met", "not_applicable"]
"""What is there of a clause: the worst of what was judged, faults of records among it; else the most that is there."""

STATES: tuple[State, ...] = (
    "nothing", "not_met", "undecided", "faulty", "attested", "record", "measured", "met", "not_applicable",
)  # fmt: skip
"""Gaps first: the order in which a report lists clauses."""


class ClauseWords(Document):
    """A clause in another language."""

    text: Said
    clause: Name | None = Field(default=None, description="as it is cited; absent: as in English")


class MapWords(Document):
    """What a map says of itself, in another language; what is absent is said in English."""

    title: Name
    version: Name | None = None
    source: Said | None = None
    notes: tuple[Said, ...] = ()


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


class Clause(Grown):
    """One clause, and what of an audit bears on it. With nothing that bears, it is a title that people answer for."""

    grown: ClassVar[frozenset[str]] = frozenset({"said"})

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
    said: dict[Language, ClauseWords] = Field(default={}, description="in other languages, by their tags, e.g. zh-CN")

    @property
    def names(self) -> tuple[str, ...]:
        """All that bears on it, by name."""
        sample = (self.sample.name,) if self.sample else ()
        named: tuple[tuple[str, ...], ...] = (self.checks, self.metrics, self.records, self.questions, self.stated)
        return (*(name for names in named for name in names), *self.facts, *sample)


class RuleMap(Grown):
    """The clauses of one law, standard or guidance."""

    grown: ClassVar[frozenset[str]] = frozenset({"said"})

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    title: Name
    version: Name = Field(description="of what is mapped: a number, or the day that its text is of")
    date: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")] = Field(description="of this mapping")
    source: Said = Field(description="where its text is published")
    read: Read = Field(description="what whoever wrote the map had before them")
    notes: tuple[Said, ...] = Field(default=(), description="what a reader must know besides")
    said: dict[Language, MapWords] = Field(default={}, description="in other languages, by their tags, e.g. zh-CN")
    clauses: tuple[Clause, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [one.id for one in self.clauses]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"clause '{twice[0]}' stands there twice")
        for language, words in self.said.items():
            if words.notes and len(words.notes) != len(self.notes):
                raise ValueError(f"{len(self.notes)} notes in English are {len(words.notes)} in {language}")
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


class ClauseState(Grown):
    """A clause, and what is there of it."""

    grown: ClassVar[frozenset[str]] = frozenset({"said"})

    id: str
    clause: str
    text: str
    state: State
    evidence: tuple[Evidence, ...] = ()
    said: dict[str, ClauseWords] = Field(default={}, description="the map's words in other languages")

    @property
    def missing(self) -> tuple[Evidence, ...]:
        """What bears on it and is not there."""
        return tuple(one for one in self.evidence if one.strength == "none")


class Framework(Grown):
    """A map as it was at the time of the audit, with the state of each clause."""

    grown: ClassVar[frozenset[str]] = frozenset({"said"})

    id: str
    title: str
    version: str
    date: str
    source: str
    read: Read
    notes: tuple[str, ...] = ()
    said: dict[str, MapWords] = Field(default={}, description="the map's words in other languages")
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
    areas = {name.partition(".")[0] for name in checks}
    metrics = {metric for named in checks.values() for metric in named}
    for clause in one.clauses:
        sampled = clause.sample.metrics if clause.sample else ()
        yield from (name for name in clause.checks if name not in checks and name not in areas)
        yield from (name for name in (*clause.metrics, *sampled) if labelled(name)[0] not in metrics)
        yield from (name for name in clause.stated if name not in STATEMENTS)


STATEMENTS = frozenset({*NAMED, "model_version", "not_intended"})
"""What `[governance]` can state in a sentence."""


def labelled(name: str) -> tuple[str, str | None]:
    """`rate[phone number]` -> the metric and its label."""
    metric, bracket, label = name.partition("[")
    return metric, label.removesuffix("]") if bracket else None
