"""How often a check finds its planted defects, and how often it alarms for nothing, on redrawn rows of its controls.

A control is one case; whether a check meets it says little of how often it would. Here the rows of each are taken for a
population: at each seed as many are drawn from it, with repetition, the check looks at them with the random numbers of
that seed, and what the control demands of intervals is asked again. Of a twin that stands on its bound, a check whose
intervals keep their level alarms about as often as that allows.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from auditkit.checks.asking import ask
from auditkit.checks.controls import KnownCase, Seen
from auditkit.document import Document
from auditkit.errors import AuditError, NotApplicable, words_of
from auditkit.options import validate_options

if TYPE_CHECKING:
    from auditkit.plugin import Check

FOUND = 0.8
"""How often a planted defect is found at the least, where its author declares nothing: as studies are planned."""
CONFIDENCE = 0.95
_SAME_AT = 3


class Trial(Document):
    """What came of one control over all seeds."""

    check: str
    kind: Literal["planted", "clean"]
    title: str
    redrawn: bool
    """Whether its rows were drawn anew at each seed."""
    why: str = ""
    """Why they were not, or why it was not tried."""
    runs: int = 0
    hits: int = 0
    """Of a planted defect how often it was found, of a twin how often the check alarmed."""
    low: float | None = None
    high: float | None = None
    """Clopper and Pearson's limits at 95%; None: chance has no part in it."""
    declared: float = 0.0
    """Of a planted defect the least rate, of a twin the largest."""
    holds: bool = True
    """False: the rate is on the wrong side of what is declared, beyond what chance allows among all that were tried."""
    seconds: float = 0.0
    """Of the processor, a run."""

    @property
    def rate(self) -> float | None:
        """The share of runs that hit."""
        return self.hits / self.runs if self.runs else None


@dataclass(frozen=True)
class Terms:
    """How controls are tried."""

    seeds: Sequence[int]
    level: float = 0.95
    """Of the checks' intervals."""
    most_seconds: float | None = None
    """A control whose first run takes longer is left out; None: none is."""


def selftest(checks: Iterable[Check], terms: Terms, *, listen: Callable[[str], None] = lambda _: None) -> list[Trial]:
    """Try all controls of some checks.

    Args:
        checks: those whose options can all be left out are tried; the others are listed, and say why.
        terms: seeds, the level, and what may be too dear.
        listen: is told the id of each check as its turn comes.
    """
    trials = []
    for check in checks:
        listen(check.id)
        try:
            options = validate_options(check.run, {}, owner=f"check '{check.id}'")
        except AuditError as error:
            trials += [_untried(check, known, str(error.message)) for known in check.controls]
            continue
        trials += [_tried(check, known, options, terms) for known in check.controls]
    tried = sum(trial.runs > 0 for trial in trials)
    return [judged(trial, max(tried, 1)) for trial in trials]


def _tried(check: Check, known: KnownCase, options: Mapping[str, Any], terms: Terms) -> Trial:
    bounds = getattr(known.finds, "bounds", ())
    hits, seen, seconds, trouble = 0, set(), 0.0, ""
    runs = 0
    why = known.fixed or ("" if bounds else "what it expects is exact, and holds for its rows alone")
    put = partial(_timed, check, known, options, level=terms.level, bounds=() if why else bounds)
    for seed in terms.seeds:
        answer, took = put(seed=seed)
        if terms.most_seconds is not None and not runs and took > terms.most_seconds:
            answer, took = put(seed=seed)  # the first run imports, too
            if took > terms.most_seconds:
                return _untried(check, known, f"a run takes {took:.1f} s")
        runs, seconds = runs + 1, seconds + took
        hits += answer.passed if known.kind == "planted" else not answer.passed
        seen.add(answer.said)
        trouble = trouble or answer.trouble
        if why and runs == _SAME_AT and len(seen) == 1:
            break
    varies = not why or len(seen) > 1
    low, high = _limits(hits, runs, CONFIDENCE) if varies else (None, None)
    return Trial(
        check=check.id,
        kind=known.kind,
        title=known.title,
        redrawn=not why,
        why="; ".join(filter(None, (why, trouble))),
        runs=runs,
        hits=hits,
        low=low,
        high=high,
        declared=_declared(known, len(bounds), terms.level),
        seconds=round(seconds / runs, 4),
    )


@dataclass(frozen=True)
class _Answer:
    passed: bool
    said: bytes
    trouble: str = ""


def _timed(*given: Any, **how: Any) -> tuple[_Answer, float]:
    """What came of a run, and its seconds of the processor."""
    began = time.process_time()
    answer = _run(*given, **how)
    return answer, time.process_time() - began


def _run(
    check: Check, known: KnownCase, options: Mapping[str, Any], *, seed: int, level: float, bounds: Sequence[Any]
) -> _Answer:
    from auditkit.testing.cases import cases_in

    who = f"{check.id}\0{known.title}"
    stream = int.from_bytes(hashlib.sha256(who.encode()).digest()[:8], "big")
    with tempfile.TemporaryDirectory(prefix="auditkit-selftest-") as folder, cases_in(Path(folder)):
        try:
            case = known.case(np.random.default_rng([seed, stream]))
            case = replace(case, settings=replace(case.settings, level=level, seed=seed), identity=who, is_control=True)
            if bounds:
                rows = np.random.default_rng([seed, stream, 1]).integers(0, len(case), len(case))
                case = case.narrowed(np.sort(rows))
            readings = ask(check, case, {**options, **known.options})
            met = all(_is_met(bound(readings)) for bound in bounds) if bounds else _is_met(known.finds(readings))
        except NotApplicable as why:
            return _Answer(passed=False, said=b"", trouble=f"it did not apply at seed {seed}: {why.message}")
        except Exception as error:  # noqa: BLE001  whatever it raises is what came of this run
            return _Answer(passed=False, said=b"", trouble=f"{type(error).__name__} at seed {seed}: {words_of(error)}")
        return _Answer(passed=met, said=b"".join(reading.to_json() for reading in readings))


def _is_met(answer: bool | str | Seen) -> bool:  # noqa: FBT001  what an author returns
    return answer.passed if isinstance(answer, Seen) else answer is True


def _declared(known: KnownCase, bounds: int, level: float) -> float:
    """What it says; else a planted defect is found in four of five, and a twin's intervals err as their level says."""
    if known.rate is not None:
        return known.rate
    return FOUND if known.kind == "planted" else min(1.0, round((1 - level) * max(bounds, 1), 10))


def _untried(check: Check, known: KnownCase, why: str) -> Trial:
    return Trial(check=check.id, kind=known.kind, title=known.title, redrawn=False, why=why)


def _limits(hits: int, runs: int, level: float) -> tuple[float, float]:
    from auditkit.statistics import clopper_pearson

    low, high = clopper_pearson(hits, runs, level)
    return float(low), float(high)


def judged(trial: Trial, comparisons: int) -> Trial:
    """Whether it keeps what it declares: by limits that hold for all controls together; without chance, exactly."""
    if not trial.runs:
        return trial
    if trial.low is None:
        return trial.model_copy(update={"holds": trial.hits == (trial.runs if trial.kind == "planted" else 0)})
    low, high = _limits(trial.hits, trial.runs, 1 - (1 - CONFIDENCE) / comparisons)
    holds = high >= trial.declared if trial.kind == "planted" else low <= trial.declared
    return trial.model_copy(update={"holds": holds})
