"""What `auditkit history` says, as documents: what its --json prints."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, computed_field

from auditkit.document import Document, Text
from auditkit.finding import Interval, Measurement
from auditkit.policy import Rule, VerdictOutcome

Kind = Literal["audit", "waiver", "decision", "record"]
State = Literal["overdue", "soon", "later", "open"]


class Release(Document):
    """One audit, in a bundle that the reader can believe."""

    path: str
    name: str
    prediction_type: str
    created: str = Field(description="ISO 8601, UTC, by the signer's word")
    expires_on: str = Field(description="the last moment for which the signer vouches")
    model_version: str | None = Field(description="as the spec states it")
    verdict: VerdictOutcome = Field(description="as it was signed")
    result_digest: str
    subject_digest: str
    rows_digest: str = Field(description="of the audit rows")
    policy_digest: str
    signer: str
    decided: tuple[str, ...] = Field(default=(), description="countersignatures in force, in words")


class Refused(Document):
    """A bundle whose numbers are left out, since nobody may believe it."""

    path: str
    why: str


class Point(Document):
    """One number of one release."""

    release: str = Field(description="the release's result_digest")
    told: Measurement | None = Field(description="None: it was not measured, or withheld")
    why: Literal["", "not measured", "withheld", "undefined"] = ""
    asked_otherwise: bool = Field(default=False, description="the check had other options than in the last release")


class Change(Document):
    """How far the last release's number lies from an earlier one's."""

    since: str = Field(description="the earlier release's result_digest")
    value: float
    interval: Interval | None = Field(description="None: nothing is known of what chance does to it")
    moved: bool | None = Field(description="by more than chance, over all changes of the audit; None: not to be told")


class Series(Document):
    """One number through the releases."""

    check: str
    metric: str
    rules: tuple[Rule, ...] = Field(default=(), description="of the last release's policy that are about it")
    points: tuple[Point, ...] = Field(description="one a release, the oldest first")
    since_last: Change | None = Field(default=None, description="against the release before that has the number")
    since_first: Change | None = Field(default=None, description="against the first that has it, where that is another")

    @property
    def newest(self) -> Measurement:
        """The number as the last release that has it tells it."""
        return next(one.told for one in reversed(self.points) if one.told is not None)


class Due(Document):
    """Something that ends on a day: an audit, a waiver, a decision, or a record."""

    kind: Kind
    what: Text
    on: str | None = Field(description="ISO 8601 date: the last day on which it holds; None: it is to be done")
    state: State


class Audit(Document):
    """All releases of one name and kind of predictions."""

    name: str
    prediction_type: str
    releases: tuple[Release, ...] = Field(description="the oldest first")
    series: tuple[Series, ...]
    left_out: int = Field(description="numbers of the last release that no rule is about, and that were not asked for")
    gone: tuple[str, ...] = Field(
        default=(), description="rules of the release before that the last one's policy has not, by their ids"
    )
    due: tuple[Due, ...]


class History(Document):
    """What a folder of bundles, or a ledger, says of its audits over time."""

    schema_version: int = 1
    place: str
    today: str = Field(description="ISO 8601 date, from which what is due is counted")
    within: int = Field(description="days ahead that are soon")
    alpha: float = Field(description="how often any change of an audit's is called one that chance alone has made")
    audits: tuple[Audit, ...]
    copies: tuple[str, ...] = Field(default=(), description="bundles of a result that another one holds too")
    refused: tuple[Refused, ...] = ()

    # mypy does not allow a decorator above a property: https://github.com/python/mypy/issues/1362
    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """4 where a bundle is not to be believed, 1 where something is overdue, else 0."""
        if self.refused:
            return 4
        return int(any(one.state == "overdue" for audit in self.audits for one in audit.due))
