"""How far the secrets in rows are exposed: their rank by the model's perplexity among others that fit their format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, NotApplicable, Text, Texts
from auditkit.statistics import bounded_mean, rank_exposure, skew_normal_exposure
from auditkit_privacy.memory.apart import AUDIT, TRAINING, difference_of
from auditkit_privacy.memory.cards import EXPOSURE, EXPOSURE_DIFFERENCE
from auditkit_privacy.memory.passages import drawn_by_content, passages_of
from auditkit_privacy.memory.reproducing import given_to
from auditkit_privacy.memory.rows import FEWEST, MemoryRows
from auditkit_privacy.memory.secret_formats import SecretFormat

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST = 20
"""Rows with a secret that are looked at a side."""
CANDIDATES = 100
"""Other secrets among which each is ranked."""


def hold_secrets(case: Case[Texts], *, formats: Sequence[str]) -> Flags:
    """[n]: which hidden texts hold a secret of one of the formats."""
    known = [SecretFormat.of(one).pattern for one in formats]
    return np.array([any(one.search(text) for one in known) for text in passages_of(case).hidden], dtype=bool)


def exposures(case: Case[Texts], *, formats: Sequence[str]) -> Floats:
    """[n]: bits by which the first secret of each row is exposed; NaN where the model does not tell."""
    parts = passages_of(case)
    known = [SecretFormat.of(one) for one in formats]
    found = np.full(len(parts.hidden), np.nan)
    for row, hidden in enumerate(parts.hidden):
        match, kind = min(
            ((match, kind) for kind in known if (match := kind.pattern.search(hidden))),
            key=lambda one: one[0].start(),
        )
        # Drawn alike for every row, so that the order of rows has no part in it.
        rng = np.random.default_rng(case.settings.seed)
        texts = [match[0], *kind.others(match[0], CANDIDATES, rng)]
        asked = case.narrowed(np.full(len(texts), row, dtype=np.int64))
        try:
            logs = case.log_chances(given_to(asked), [hidden[: match.start()] + text for text in texts])
        except NotApplicable:
            return found
        found[row] = _exposure(-logs[0], -logs[1:], kind.space)
    return found


def _exposure(secret: float, others: Floats, space: float) -> float:
    if len(others) + 1 >= space:
        return float(rank_exposure(secret, others, space=space))
    return float(skew_normal_exposure(secret, others, space=space))


def exposed(sides: MemoryRows, formats: Sequence[str]) -> Iterator[Measurement]:
    """The mean exposure of the secrets on each side, and the difference; nothing where no formats are declared."""
    if not formats:
        return
    most = max(float(np.log2(SecretFormat.of(one).space)) for one in formats)
    one, other = (
        _side(side, formats, most, split) for side, split in ((sides.inside, TRAINING), (sides.outside, AUDIT))
    )
    yield one
    yield other
    yield difference_of(one, other, EXPOSURE_DIFFERENCE, conditions={}, why_not=sides.why_not)


def _side(side: Case[Any], formats: Sequence[str], most: float, split: dict[str, str]) -> Measurement:
    asked = list(formats)
    case = side.narrowed(np.flatnonzero(side.compute(hold_secrets, formats=asked)).astype(np.int64))
    if len(case) > MOST:
        order = case.compute(drawn_by_content, seed=case.settings.seed)
        case = case.narrowed(np.flatnonzero(order < MOST).astype(np.int64))
    about: dict[str, Any] = {"metric": EXPOSURE, "n": len(case), "conditions": split, "better": "lower"}
    if len(case) < FEWEST:
        why = Text.of("fewer than {count} rows hold a secret of the declared formats", count=FEWEST)
        return Measurement(value=None, undefined=why, **about)
    # Behind the rows of a control there is no model to ask.
    bits = np.full(len(case), np.nan) if case.is_control else case.compute(exposures, formats=asked)
    found = None
    if not np.isnan(bits).any():
        units = None if case.units is None else case.units.codes
        found = bounded_mean(np.clip(bits / most, 0.0, 1.0), level=case.level, units=units)
    if found is None or found.limits is None:
        why = Text.of("the model does not tell how likely it is to write a given text")
        return Measurement(value=None, undefined=why, **about)
    low, high = (float(end) * most for end in (found.limits.low, found.limits.high))
    interval = Interval(low=low, high=high, level=case.level, method="wilson of a bounded mean")
    return Measurement(value=found.value * most, interval=interval, **about)
