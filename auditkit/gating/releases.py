"""Two releases side by side: their verified results, the rows that they carry, and whether these are the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.document import Text
from auditkit.errors import AuditError, NotApplicable, SpecError
from auditkit.paired import pairing

if TYPE_CHECKING:
    from pathlib import Path

    from auditkit.case import Case
    from auditkit.result import AuditResult

LEAST_SHARED = 0.5
"""Of the candidate's rows, which the baseline must have too for a comparison of these rows alone."""


@dataclass(frozen=True)
class Release:
    """A bundle that verified."""

    path: Path
    result: AuditResult


@dataclass(frozen=True)
class Compared:
    """Two releases, with as much of their rows as can be compared."""

    candidate: Release
    baseline: Release
    new: Case[Any] | None
    """None: one of the two bundles carries no rows."""
    old: Case[Any] | None
    paired: bool
    says: Text
    """How they are compared, and why not better."""
    left_out: tuple[int, int] = (0, 0)
    """Rows of the candidate, and of the baseline, that the other does not have; of paired ones."""

    whole: tuple[Case[Any], Case[Any]] | None = None
    """The candidate's and the baseline's rows before those were left out; None: none were, or there are no rows."""

    @property
    def all_rows(self) -> tuple[Case[Any] | None, Case[Any] | None]:
        """The candidate's and the baseline's, whether they are compared or left out."""
        return self.whole or (self.new, self.old)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """The attributes of the candidate, with their labels."""
        if self.new is None or not self.new.has_groups:
            return {}
        return {name: codes.vocabulary for name, codes in self.new.groups.items()}


@contextmanager
def side_by_side(candidate: Release, baseline: Release, *, new: Case[Any] | None = None) -> Iterator[Compared]:
    """Put two releases side by side, row by row where they are of the same rows.

    `new`: the candidate's rows, where they are at hand; absent, its bundle's are read.

    Raises:
        SpecError: they do not do the same task.
        IntegrityError: the evidence of one is not what auditkit writes.
    """
    refuse_other_task(candidate.result, baseline.result)
    with ExitStack() as stack:
        if candidate.result.subject.prediction_type == "Texts":
            new = None  # of texts nothing is kept that could be compared row by row
        elif new is None:
            new = _case(candidate, stack)
        old = _case(baseline, stack)
        if new is None or old is None:
            lacks = " and of the ".join(who for who, case in (("candidate", new), ("baseline", old)) if case is None)
            says = Text.of(
                "no rows are kept of the {lacks}: from the intervals that both results tell, as of different rows",
                lacks=lacks,
            )
            yield Compared(candidate, baseline, None, None, paired=False, says=says)
            return
        _refuse_other_names(new, old)
        yield _paired(candidate, baseline, new, old)


def _paired(candidate: Release, baseline: Release, new: Case[Any], old: Case[Any]) -> Compared:
    try:
        left, right = pairing(new, old)
    except NotApplicable as why:
        says = Text.of("as of different rows: {why}; {hint}", why=why.message, hint=why.hint)
        return Compared(candidate, baseline, new, old, paired=False, says=says)
    if len(left) < LEAST_SHARED * len(new):
        says = Text.of(
            "as of different rows: of the candidate's {all} rows only {shared} are also the baseline's",
            all=len(new),
            shared=len(left),
        )
        return Compared(candidate, baseline, new, old, paired=False, says=says)
    left_out = len(new) - len(left), len(old) - len(right)
    says = Text.of("paired, row by row: {rows} rows are in both", rows=len(left))
    if any(left_out):
        says = Text.of(
            "paired, row by row: {rows} rows are in both; left out are {ours} that the candidate alone has, and "
            "{theirs} that the baseline alone has",
            rows=len(left),
            ours=left_out[0],
            theirs=left_out[1],
        )
    ours, theirs = new.narrowed(left), old.narrowed(right)
    return Compared(candidate, baseline, ours, theirs, paired=True, says=says, left_out=left_out, whole=(new, old))


def _case(release: Release, stack: ExitStack) -> Case[Any] | None:
    """What the rows say; None where the bundle carries none."""
    from auditkit.bundle import layout
    from auditkit.replay.rebuilding import read_evidence, rebuilt_case

    if not (release.path / layout.EVIDENCE / "audit.parquet").is_file():
        return None
    if release.result.subject.prediction_type == "Texts":
        return None  # evidence holds no text
    return stack.enter_context(rebuilt_case(read_evidence(release.path, release.result), release.result))


def refuse_other_task(new: AuditResult, old: AuditResult) -> None:
    """Refuse a baseline that answers another question.

    Raises:
        SpecError: another kind of prediction, other classes, or another target.
    """
    hint = "name a baseline of the same task: --baseline BUNDLE"
    if new.subject.prediction_type != old.subject.prediction_type:
        said = f"'{old.subject.prediction_type}', and the candidate gives '{new.subject.prediction_type}'"
        raise SpecError(f"the baseline gives {said}", hint=hint)
    if set(new.subject.classes) != set(old.subject.classes):
        odd = min(set(new.subject.classes) ^ set(old.subject.classes))
        raise SpecError(f"the baseline has other classes than the candidate: '{odd}' is in one alone", hint=hint)
    if new.data.target != old.data.target:
        said = f"'{old.data.target}', and the candidate's is '{new.data.target}'"
        raise SpecError(f"the baseline's target is {said}", hint=hint)


def _refuse_other_names(new: Case[Any], old: Case[Any]) -> None:
    if set(new.settings.positive) != set(old.settings.positive):
        said = f"'{', '.join(old.settings.positive)}', and the candidate's is '{', '.join(new.settings.positive)}'"
        raise SpecError(f"the baseline's positive class is {said}", hint="audit both with the same [data] positive")
    if type(new.predictions).__name__ == "Rankings" and new.depth != old.depth:
        raise SpecError(
            f"the baseline's rankings are looked at down to {old.depth}, and the candidate's down to {new.depth}",
            hint="audit both with the same [data] k",
        )
    for case, who in ((new, "candidate"), (old, "baseline")):
        try:
            _ = case.targets if case.has_targets and hasattr(case.predictions, "classes") else None
        except AuditError as error:
            raise SpecError(f"the {who}'s rows cannot be compared: {error.message}", hint=error.hint) from error


def moved(new: Case[Any], old: Case[Any], names: str) -> npt.NDArray[np.int64]:
    """[k]: where each of the baseline's classes or labels stands among the candidate's."""
    ours, theirs = getattr(new.predictions, names), getattr(old.predictions, names)
    return np.array([ours.index(name) for name in theirs], dtype=np.int64)
