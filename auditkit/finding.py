"""What checks say: Measurement, Interval, Table, Chart, Control, and the Finding that holds them.

Examples, which a check may show where the spec releases them, are in `shown`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from auditkit.document import Document, Grown, Text
from auditkit.shown import Passage, Squares

Status = Literal["measured", "not_applicable", "error"]
Better = Literal["lower", "higher", "target"]


JOINED = " \N{MULTIPLICATION SIGN} "
"""Between the labels of an intersection, in the order of its attributes, where one text names it."""


LEVEL: ContextVar[float] = ContextVar("level", default=0.95)
"""The confidence of intervals that do not say their own: the audit's, while one of its checks runs."""


class Interval(Document):
    """Where the true value lies, with the stated confidence."""

    low: float
    high: float
    level: float = Field(gt=0, lt=1, description="confidence, e.g. 0.95")
    method: str = Field(description="how it was made, e.g. 'wilson'")
    simultaneous: bool = Field(default=False, description="holds for a whole family at once, not for one number")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.low > self.high:
            raise ValueError(f"an interval from {self.low} to {self.high} is upside down")
        return self


class GroupCount(Document):
    """One group's part in a comparison between groups."""

    label: str = Field(description="the group's; of an intersection all of them, joined by ' \N{MULTIPLICATION SIGN} '")
    n: int | None = Field(
        description="the smallest denominator that this group has in the comparison, in units where rows share them; "
        "None: suppressed"
    )
    compared: bool = Field(description="false: too small to be compared, so the gap does not speak about it")


class Measurement(Document):
    """One number, with what it rests on. `value` is None when it is undefined, and `undefined` says why."""

    metric: str
    value: float | None
    n: int | None = Field(description="the metric's own denominator; None: suppressed")
    people: int | None = Field(
        default=None, description="how many units the n rows belong to, where rows share them; groups are judged by it"
    )
    undefined: Text | None = None
    interval: Interval | None = None
    exact: bool = Field(default=False, description="has no sampling error, e.g. a count of duplicate rows")
    group: dict[str, str] = Field(default_factory=dict, description="{} is all rows; '*' compares the groups")
    label: str | None = Field(default=None, description="the class, when it is one against the rest")
    conditions: dict[str, str] = Field(default_factory=dict, description="{} is the audit split as it is")
    versus: dict[str, str] | None = Field(default=None, description="the group, model or period compared with")
    compared: tuple[GroupCount, ...] = Field(default=(), description="for a gap: the groups, and which took part")
    better: Better = "lower"
    unit: str | None = None
    suppressed: bool = Field(default=False, description="withheld, because it would tell about too few people")

    @model_validator(mode="after")
    def _value_or_reason(self) -> Self:
        if (self.value is None) != (self.undefined is not None):
            raise ValueError(f"{self.metric}: a measurement has either a value or the reason why it has none")
        if self.value is None and self.interval is not None:
            raise ValueError(f"{self.metric}: an undefined value has no interval")
        return self

    @model_validator(mode="after")
    def _not_contradictory(self) -> Self:
        if self.n is not None and self.n < 0:
            raise ValueError(f"{self.metric}: n is {self.n}")
        if self.value is not None and self.n == 0:
            raise ValueError(f"{self.metric}: a value that rests on no rows is undefined")
        if self.interval is None or self.value is None:
            return self
        if self.exact:
            raise ValueError(f"{self.metric}: an exact value has no interval")
        slack = 1e-9 * max(1.0, abs(self.value))
        if not self.interval.low - slack <= self.value <= self.interval.high + slack:
            raise ValueError(f"{self.metric}: {self.value} lies outside its own interval")
        return self

    @property
    def judged_by(self) -> int | None:
        """How many people it is about, as far as is known: units where rows share them, else rows."""
        return self.n if self.people is None or self.n is None else min(self.people, self.n)

    @classmethod
    def share(cls, metric: str, flags: Iterable[bool], *, level: float | None = None, **fields: Any) -> Self:
        """The share of rows for which something holds, with Wilson's interval; undefined when there are no rows.

        Args:
            metric: its name, snake_case.
            flags: one boolean a row.
            level: the interval's confidence; None: the audit's, inside a check, and 0.95 elsewhere.
            **fields: any other field of a Measurement, e.g. `group={"sex": "F"}`.
        """
        chosen = [bool(flag) for flag in flags]
        return cls.rate(metric, sum(chosen), len(chosen), level=level, **fields)

    @classmethod
    def rate(cls, metric: str, count: int, n: int, *, level: float | None = None, **fields: Any) -> Self:
        """The share `count / n`, with Wilson's interval; undefined when `n` is 0."""
        from auditkit.statistics import wilson

        level = LEVEL.get() if level is None else level
        if n == 0:
            reason = fields.pop("undefined", Text.of("there are no rows to take the share of"))
            return cls(metric=metric, value=None, n=0, undefined=reason, **fields)
        fields.pop("undefined", None)
        low, high = wilson(count, n, level=level)
        interval = Interval(low=float(low), high=float(high), level=level, method="wilson")
        return cls(metric=metric, value=count / n, n=n, interval=interval, **fields)


class Quote(Document):
    """One of the finding's own measurements in a cell of its table: told there as the measurement is told.

    A table that quotes repeats no number, so that what is withheld of a measurement is withheld of the table too.
    """

    metric: str
    group: dict[str, str] = Field(default_factory=dict)
    label: str | None = None
    conditions: dict[str, str] = Field(default_factory=dict)
    shows: Literal["value", "interval", "n", "hits"] = Field(
        default="value", description="hits: of a share of unweighted rows, how many of the n they are"
    )

    @classmethod
    def of(cls, measurement: Measurement, shows: Literal["value", "interval", "n", "hits"] = "value") -> Self:
        """Quote this measurement, which the check yields too."""
        return cls(**{name: getattr(measurement, name) for name in _QUOTED_BY}, shows=shows)

    def is_of(self, measurement: Measurement) -> bool:
        """Whether this is the measurement that is quoted."""
        return all(getattr(self, name) == getattr(measurement, name) for name in _QUOTED_BY)


_QUOTED_BY = ("metric", "group", "label", "conditions")

Cell = str | int | float | Text | Quote | None

WITHHELD = Text.of("withheld")
"""What stands in a table where the host, or a check, withholds a number."""


class Table(Document):
    """Numbers that stand behind the measurements. Data, never markup."""

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...] = Field(
        description="names, numbers, sentences and quoted measurements; null: there is none (not: withheld)"
    )
    attributes: tuple[str, ...] = Field(
        default=(),
        description="whose groups its rows name: a row goes when one of these is withheld, not for a namesake or a "
        "part of one; empty: any group of such a name counts",
    )
    rests_on: tuple[tuple[Quote, ...], ...] = Field(
        default=(),
        description="for each row, measurements that its numbers rest on and that it does not show, such as the gap "
        "between all groups that a test compares: its numbers go where one of these is withheld, or told coarsely",
    )
    prominent: bool = Field(default=False, description="shown at once, where other tables are folded away on screen")

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        if self.rests_on and len(self.rests_on) != len(self.rows):
            raise ValueError(f"table '{self.title}': every row needs to say what it rests on, or none")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table '{self.title}': every row needs {len(self.columns)} cells")
        return self


class Series(Document):
    """One line of a chart: points from left to right."""

    name: str | Text = Field(description="a label out of the data, as it stands; or words, which catalogues translate")
    x: tuple[float, ...]
    y: tuple[float, ...]
    n: int | None = None

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(f"series '{self.name}' has {len(self.x)} points across and {len(self.y)} up")
        return self


class Area(Document):
    """A band of a chart: from low to high at points from left to right."""

    name: str | Text = Field(description="as of a series")
    x: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if not len(self.x) == len(self.low) == len(self.high):
            raise ValueError(f"band '{self.name}' has {len(self.x)}, {len(self.low)} and {len(self.high)} points")
        return self


class Chart(Document):
    """A picture as data: the report draws it. Never markup."""

    kind: Literal["roc", "line", "log_roc", "reliability"] = Field(
        description="roc and log_roc have a diagonal, where guessing lies; log_roc shows shares on two log axes; "
        "reliability goes from 0 to 1 both ways, with a diagonal where what was said came true"
    )
    title: Text
    x_label: Text
    y_label: Text
    series: tuple[Series, ...]
    areas: tuple[Area, ...] = Field(default=(), description="bands behind the lines, the widest first")
    counts: tuple[int | None, ...] = Field(
        default=(), description="rows in bins of equal width from 0 to 1, of a reliability chart; null: withheld"
    )

    @model_validator(mode="after")
    def _has_logarithms(self) -> Self:
        if self.kind == "log_roc" and not all(0 < one <= 1 for line in self.series for one in (*line.x, *line.y)):
            raise ValueError(f"chart '{self.title}': log axes hold shares above 0 and up to 1 alone")
        return self


class Control(Document):
    """How the check itself did on a case whose answer is known: a planted defect, or a clean twin."""

    kind: Literal["clean", "planted"]
    title: Text
    expected: Text
    observed: Text
    passed: bool


Evidence = Table | Chart | Passage | Squares

Reading = Measurement | Evidence | Control


MOST_TOLERANCE = 1e-4
"""What two machines disagree by beyond this are two numbers."""


class MetricCard(Grown):
    """A metric explained: what `auditkit checks ID` and the report print. Each of its texts is its own message id."""

    grown: ClassVar[frozenset[str]] = frozenset({"tolerance", "tolerance_because"})

    name: str = Field(description="as measurements and rules name it, in snake_case")
    title: str = Field(description="its name in words, e.g. of a plot")
    formula: str
    source: str = Field(description="who defined it, what it agrees with, and whose interval it carries")
    better: Better
    undefined: str = Field(description="when it has no value")
    misleads: str = Field(description="when a good number hides a bad model, or the other way round")
    asks: str = Field(default="", description="the question that it answers, in plain words, for page one")
    tolerance: float | None = Field(
        default=None,
        ge=0,
        le=MOST_TOLERANCE,
        description="how far, relative to its size, its value may lie apart on two machines: 0 of counts and shares of "
        "counts, the same to the last bit; None: as far as the order of a sum takes it, 1e-9",
    )
    tolerance_because: str = Field(default="", description="where a tolerance above 1e-9 comes from")

    @model_validator(mode="after")
    def _tolerates_for_a_reason(self) -> Self:
        if self.tolerance is not None and self.tolerance > 0 and not self.tolerance_because:
            raise ValueError(f"the card of {self.name} has a tolerance and does not say where it comes from")
        return self

    def at_depth(self, depth: int) -> MetricCard:
        """The card for rankings that are looked at so deep: a card is written for a depth of 10."""
        if depth == _CARDS_DEPTH or not re.search(rf"_at_{_CARDS_DEPTH}(_difference)?$", self.name):
            return self
        texts = {name: value for name, value in self if isinstance(value, str) and name != "source"}
        deeper = {name: re.sub(rf"(?<![\d.]){_CARDS_DEPTH}(?![\d.])", str(depth), text) for name, text in texts.items()}
        return self.model_copy(update=deeper)


_CARDS_DEPTH = 10

ANOTHER_TYPE = "it looks at {wanted}, and this model gives {given}"
"""Why a check of other predictions does not apply."""


class Finding(Document):
    """What one check found, or why it found nothing."""

    check: str
    options: dict[str, Any] = Field(default_factory=dict)
    title: Text
    text: Text
    status: Status
    cards: tuple[MetricCard, ...] = Field(default=(), description="of the metrics that the check would measure")
    measurements: tuple[Measurement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    controls: tuple[Control, ...] = ()
    notes: tuple[Text, ...] = ()
    reason: Text | None = Field(default=None, description="why it does not apply, or what went wrong")
    hint: str = ""

    @model_validator(mode="after")
    def _reason_unless_measured(self) -> Self:
        if (self.status == "measured") == (self.reason is not None):
            raise ValueError(f"{self.check}: a finding has a reason exactly when nothing was measured")
        return self

    @property
    def measures(self) -> tuple[str, ...]:
        """The metrics that the check would measure, by name; none when it does not say."""
        return tuple(card.name for card in self.cards)

    @property
    def crashed(self) -> bool:
        """Whether the check raised, hung or killed its process: an error that is no failed control."""
        return self.status == "error" and self.controls_passed

    @property
    def is_for_another_type(self) -> bool:
        """Whether the check looks at other predictions than the model gives, and so never was about it."""
        return self.status == "not_applicable" and self.reason is not None and self.reason.msgid == ANOTHER_TYPE

    @property
    def controls_passed(self) -> bool:
        """Whether the instrument itself gave the known answers; true when it carries no control."""
        return all(control.passed for control in self.controls)
