"""What whoever writes a spec states of use, people and data: nobody measured it, and the report says whose word it is.

The questions are those of Model Cards (Mitchell and others 2019, section 4) and of Datasheets for Datasets (Gebru and
others 2021, section 3), as far as a sentence answers them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, StringConstraints, model_validator

from auditkit.document import Document, Grown

LONGEST = 600
"""Characters of a statement."""

Sentence = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST, strip_whitespace=True)]

_KEYS = (
    "model_version",
    "supplied_by",
    "intended_use",
    "not_intended",
    "deployment",
    "affected_people",
    "human_review",
    "data_source",
    "data_collected",
    "data_represents",
)

NAMED = {
    "supplied_by": "who supplied the model",
    "intended_use": "what the model is meant to be used for",
    "deployment": "where it is to be used",
    "affected_people": "whom its answers affect",
    "human_review": "what people review before its answers count",
    "data_source": "where the data come from",
    "data_collected": "when the data were collected",
    "data_represents": "whom the data stand for",
}
"""What a report says to be missing when nobody states it."""


class Tally(Document):
    """What people counted in a sample: by their word, since auditkit saw none of it."""

    count: int = Field(ge=0, description="how many were as the sampling plan says, e.g. passed, or refused")
    of: int = Field(ge=1, description="how many were looked at")

    @model_validator(mode="after")
    def _is_a_part(self) -> Self:
        if self.count > self.of:
            raise ValueError(f"{self.count} of {self.of} is more than all")
        return self


class Stated(Grown):
    """Statements of the audit's author; None: not stated."""

    grown: ClassVar[frozenset[str]] = frozenset({*_KEYS, "samples"})

    model_version: Sentence | None = Field(default=None, description="the model's own version or release")
    supplied_by: Sentence | None = Field(default=None, description="who made the model, or brought it in")
    intended_use: Sentence | None = Field(default=None, description="what its answers are for, and who uses them")
    not_intended: Sentence | None = Field(default=None, description="uses that it is not meant for")
    deployment: Sentence | None = Field(default=None, description="where and in what process it is to be used")
    affected_people: Sentence | None = Field(default=None, description="whom its answers affect")
    human_review: Sentence | None = Field(default=None, description="what people review before its answers count")
    data_source: Sentence | None = Field(default=None, description="where the audit rows come from")
    data_collected: Sentence | None = Field(default=None, description="when they were collected, and how")
    data_represents: Sentence | None = Field(default=None, description="whom they stand for, and whom they leave out")
    samples: dict[str, Tally] = Field(
        default={}, description="what people counted, by the names of a rule map's sampling plans"
    )

    @property
    def missing(self) -> Iterator[str]:
        """What a reader will ask for and nobody has stated."""
        yield from (said for key, said in NAMED.items() if getattr(self, key) is None)


class GovernanceSpec(Stated):
    """`[governance]`: what is stated, the folder of records, and whatever else is written there."""

    grown: ClassVar[frozenset[str]] = Stated.grown | {"options", "records"}

    records: Annotated[str, StringConstraints(min_length=1)] | None = Field(
        default=None, description="the folder of governance records; absent: none are read"
    )
    options: dict[str, Any] = Field(
        default={}, description="every further key: kept in the spec; not used by this version"
    )

    @property
    def stated(self) -> Stated:
        """The statements alone, as the result holds them."""
        return Stated(**{key: getattr(self, key) for key in Stated.model_fields})
