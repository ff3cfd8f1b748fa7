"""A comparison of two bundles on one screen: both verify, then facts, bars, checks, numbers, and what turned."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.differing.bars import changed_bars, paired_rules
from auditkit.differing.facts import changed_facts
from auditkit.differing.noise import Judge
from auditkit.differing.numbers import changed_checks, moved, paired_findings, side_by_side
from auditkit.differing.signed import changed_signatures, rejections
from auditkit.differing.told import Diff, Side
from auditkit.differing.turns import turned_rules
from auditkit.document import Text
from auditkit.errors import IntegrityError, SpecError
from auditkit.gating import releases
from auditkit.gating.releases import Compared, Release
from auditkit.regate import refuse_untrusted
from auditkit.result import AuditResult
from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.bundle.verification import Verification

ALPHA = 0.05
"""How often any change at all may be told apart from chance where there is none."""


def diff_bundles(old: Path, new: Path, *, key: Path | None, trust: Path | None, allow_dev_key: bool) -> Diff:
    """What changed from one bundle to another.

    Raises:
        IntegrityError: one of the two is not intact, not signed, or not trusted.
        SpecError: one of the two is not there.
    """
    read = functools.partial(_read, key=key, trust=trust, allow_dev_key=allow_dev_key)
    (before, vouched), (after, vouches) = read(old), read(new)
    found = _diff_releases(before, after)
    return found.model_copy(
        update={
            "old": found.old.model_copy(update={"rejected_by": rejections(vouched)}),
            "new": found.new.model_copy(update={"rejected_by": rejections(vouches)}),
            "facts": (*found.facts, *changed_signatures(vouched, vouches)),
        }
    )


def _diff_releases(before: Release, after: Release) -> Diff:
    if before.result.result_digest == after.result.result_digest:
        return diff_results(before, after, None, Text.of("it is the same result: nothing is compared"))
    try:
        with releases.side_by_side(after, before) as compared:
            return diff_results(before, after, compared, compared.says)
    except SpecError as why:
        says = Text.of("numbers are not compared: {why}", why=why.message)
        return diff_results(before, after, None, says)


def _read(path: Path, *, key: Path | None, trust: Path | None, allow_dev_key: bool) -> tuple[Release, Verification]:
    if not path.exists():
        raise SpecError(
            f"there is no bundle '{printable(str(path))}'", hint="auditkit diff A B, two folders of bundles"
        )
    try:
        found = refuse_untrusted(path, key=key, trust=trust, allow_dev_key=allow_dev_key)
        return Release(path, AuditResult.from_json((path / "result.json").read_bytes())), found
    except IntegrityError as error:
        hint = f"{error.hint}; a development key is let through by --allow-dev-key"
        raise IntegrityError(error.message, hint=hint if not allow_dev_key else error.hint) from error


def diff_results(before: Release, after: Release, compared: Compared | None, says: Text) -> Diff:
    """What changed from one result to another, both of which have verified.

    Args:
        before: A.
        after: B.
        compared: the two side by side, B as the candidate; None: no number of theirs is compared.
        says: how they are, or why not.
    """
    old, new = before.result, after.result
    rules = tuple(paired_rules(old.policy.policy.rules, new.policy.policy.rules))
    findings = tuple(paired_findings(old, new))
    measurements = moved(tuple(side_by_side(findings)), Judge(compared, ALPHA))
    return Diff(
        old=_side(before.path, old),
        new=_side(after.path, new),
        paired=compared is not None and compared.paired,
        pairing=says,
        alpha=ALPHA,
        facts=(*changed_facts(old, new), *changed_bars(old, new, rules)),
        checks=tuple(changed_checks(findings)),
        rules=tuple(turned_rules(old, new, rules, measurements)),
        measurements=measurements,
    )


def _side(path: Path, result: AuditResult) -> Side:
    return Side(
        path=printable(str(path)),
        name=result.name,
        result_digest=result.result_digest,
        subject_digest=result.subject.digest,
        created=result.run.created,
        verdict=result.verdict.outcome,
    )
