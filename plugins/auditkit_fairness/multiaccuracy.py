"""`fairness.multiaccuracy`: whether a second model finds people about whom the first one is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Text,
    check,
)
from auditkit.statistics import mean
from auditkit_fairness.cards.auditors import AUDITOR_CARDS, HIDDEN_RESIDUAL
from auditkit_fairness.worst.auditors import Auditor, Features
from auditkit_fairness.worst.dividing import Divisions, accept_search
from auditkit_fairness.worst.halves import dealt
from auditkit_fairness.worst.losses import Losses, losses_of
from auditkit_fairness.worst.planted import AUDITOR_CONTROLS

Predicted = ClassScores | LabelScores
Floats = npt.NDArray[np.floating]

FEWEST = 100
"""People below which nothing is said: a tenth of half of them is five."""
MOST_ROWS = 20_000
_TENTH = 0.1
_DIGITS = 4


def accept_auditor(*, data: Any, splits: int = 20, **options: Any) -> None:
    """Refuse no split, and what slices refuse.

    Raises:
        AuditError: an option cannot be meant.
    """
    if splits < 1:
        raise AuditError(f"option 'splits' is {splits}", hint="at least 1, e.g. splits = 20")
    accept_search(data=data, **options)


@check(
    "fairness.multiaccuracy",
    on=(ClassScores, LabelScores),
    needs=("targets",),
    metrics=AUDITOR_CARDS,
    accepts=accept_auditor,
    controls=AUDITOR_CONTROLS,
)
def multiaccuracy(
    case: Case[Predicted], *, splits: int = 20, bins: int = 5, columns: tuple[str, ...] = ()
) -> Iterator[Measurement | Table]:
    """Whether a second model finds people whom this one misjudges.

    On half of the people a tree of three questions and a ridge regression are taught the residuals, what came true less
    the probability, from the protected attributes and the columns that the model is given. On the other half the
    residuals are looked at of the tenth of the rows for which the two expect most: of a model that is right for
    everybody who can be told by these columns, their mean is 0. So for `splits` random halves; told are the medians,
    with intervals at half the error, and twice the median of p. At most 20,000 rows are looked at.
    """
    if isinstance(case.predictions, ClassScores) and case.predictions.kind != "probability":
        raise NotApplicable("the scores are no probabilities, so that nothing is known of how far off they are")
    for losses in losses_of(case, "brier"):
        sampled = _sampled(case, losses)
        for label, residuals in _residuals(case, sampled):
            about: dict[str, Any] = {"metric": HIDDEN_RESIDUAL.name, "label": label, "better": "lower"}
            people = int(sampled.owners.max(initial=-1)) + 1
            if people < FEWEST:
                why = Text.of("fewer than {least} people have a target", least=FEWEST)
                yield Measurement(value=None, undefined=why, n=len(residuals), **about)
                continue
            divisions = Divisions.of(case, sampled.rows, columns=columns, bins=bins)
            audited = _Audited.of(case, sampled, residuals, divisions, splits)
            yield audited.measurement(about)
            if not case.is_control:
                yield audited.table()


def _sampled(case: Case[Any], losses: Losses) -> Losses:
    if len(losses.rows) <= MOST_ROWS:
        return losses
    chosen = np.sort(case.rng("rows").choice(len(losses.rows), MOST_ROWS, replace=False))
    found = losses.take(chosen)
    return Losses(**vars(found) | {"owners": np.unique(found.owners, return_inverse=True)[1].ravel()})


def _residuals(case: Case[Predicted], losses: Losses) -> Iterator[tuple[str | None, Floats]]:
    said, rows = case.predictions, losses.rows
    if isinstance(said, LabelScores):
        place = said.labels.index(str(losses.label))
        yield losses.label, case.label_targets[rows, place] - np.asarray(said.scores[rows, place], dtype=float)
        return
    is_binary = len(said.classes) == 2  # noqa: PLR2004  of two classes one is the other's mirror image
    for positive in case.settings.positive or (said.classes[1:] if is_binary else case.positives):
        place = said.classes.index(positive)
        came = case.targets.codes[rows] == place
        yield case.label_for(positive), came - np.asarray(said.scores[rows, place], dtype=float)


@dataclass(frozen=True)
class _Audited:
    """What many auditors found, each on the half that it was not taught on."""

    case: Case[Any]
    values: Floats
    """[splits]"""
    low: Floats
    high: Floats
    p: Floats
    """[splits], one-sided, that the mean is above 0."""
    n: int
    people: int | None
    worst: Counter[str]
    words: dict[str, Text]

    @classmethod
    def of(cls, case: Case[Any], losses: Losses, residuals: Floats, divisions: Divisions, splits: int) -> _Audited:
        from scipy import special

        features = Features.of(divisions)
        mass = np.ones(len(residuals)) if losses.weights is None else losses.weights
        rng, found = case.rng(f"splits {losses.label}"), []
        worst: Counter[str] = Counter()
        words: dict[str, Text] = {}
        counts, people = [], []
        for _ in range(splits):
            half = dealt(losses.owners, rng)
            taught, judged = np.flatnonzero(half == 0), np.flatnonzero(half == 1)
            auditor = Auditor.taught(features, residuals, mass, taught)
            expected = auditor.expected[judged]
            # With all that are expected alike: which of these come first must not hang on their order.
            far = np.flatnonzero(np.abs(expected) >= np.quantile(np.abs(expected), 1 - _TENTH, method="lower"))
            rows = judged[far]
            signed = np.sign(auditor.expected[rows]) * residuals[rows]
            counted = {name: None if one is None else one[rows] for name, one in losses.counted.items()}
            own = mean(signed, level=(1 + case.level) / 2, **counted)
            if own is None or own.limits is None:
                continue
            half_width = max((float(own.limits.high) - float(own.limits.low)) / 2, 1e-12)
            error = half_width / float(special.ndtri(1 - (1 - case.level) / 4))
            found.append((own.value, float(own.limits.low), float(own.limits.high), special.ndtr(-own.value / error)))
            counts.append(len(rows))
            people.append(len(np.unique(losses.owners[rows])))
            leaf = Counter(auditor.leaf[rows].tolist()).most_common(1)[0][0]
            said = auditor.words(leaf, features, divisions)
            worst[str(said)] += 1
            words[str(said)] = said
        columns = np.array(found).reshape(-1, 4).T
        n = int(np.median(counts)) if counts else 0
        units = None if losses.units is None or not people else int(np.median(people))
        values, low, high, p = columns
        return cls(case, values, low, high, p, n, units, worst, words)

    def measurement(self, about: dict[str, Any]) -> Measurement:
        """The medians of all splits."""
        if not len(self.values):
            why = Text.of("the model is as far off in every row that an auditor expects most of")
            return Measurement(value=None, undefined=why, n=self.n, **about)
        value, low, high = (float(np.median(one)) for one in (self.values, self.low, self.high))
        method = "student, median of random halves at half the error"
        interval = Interval(low=min(low, value), high=max(high, value), level=self.case.level, method=method)
        return Measurement(value=value, interval=interval, n=self.n, people=self.people, **about)

    def table(self) -> Table:
        """Twice the median of p, and whom the trees name."""
        p = min(2 * float(np.median(self.p)), 1.0) if len(self.p) else 1.0
        lines: list[tuple[Any, Any]] = [
            (Text.of("random halves"), len(self.values)),
            (Text.of("p, twice the median of them"), float(f"{p:.{_DIGITS}g}")),
        ]
        for said, often in sorted(self.worst.items(), key=lambda pair: (-pair[1], pair[0]))[:3]:
            lines.append((Text.of("most of the tenth: {what}", what=self.words[said]), often))
        title = Text.of("Whom a second model expects to be misjudged, and in how many halves its tree names them")
        return Table(title=title, columns=(Text.of("what"), Text.of("number")), rows=tuple(lines), prominent=True)
