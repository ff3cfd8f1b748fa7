"""Sufficiency: whether the outcome has nothing to do with the group once the score is known, by logistic regression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics.permutation import compare

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_FEW_ROWS, _DRAWS = 2_000, 199
_STEPS, _HALVINGS, _DRAWN_STEPS = 50, 30, 10
_LONGEST = 4.0
_NEAR = 1e-10
_ROUNDING = 1e-12
"""Of a likelihood, relative: two that differ by less are one."""
_FARTHEST = 60.0
"""Log odds beyond which a likelihood no longer changes: of groups that scores separate, the line has no end."""


@dataclass(frozen=True)
class SufficiencyTest:
    """Of one line, on the scale of log odds, for all groups, against a line for each."""

    statistic: float
    """A chi-square where one line is enough."""
    freedom: int
    """Twice the groups less one; one less for each group that has a single score."""
    p: float
    method: str
    """'likelihood ratio', 'likelihood ratio, drawn', or 'robust wald' where rows weigh unlike or share units."""
    groups: int
    """That take part."""
    left_out: int
    """Rows with a score of 0 or 1, whose log odds are infinite; with weights or units also those of groups in which all
    rows came out alike."""


@dataclass(frozen=True)
class _Line:
    coefficients: Floats
    likelihood: float
    information: Floats
    parts: Floats
    """[n, 2], each row's derivative of the log likelihood."""


def sufficiency_test(
    scores: Floats,
    came_true: Flags,
    groups: Integers,
    group_count: int,
    *,
    rng: np.random.Generator,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> SufficiencyTest | None:
    """Test that groups share one recalibration line: y on logit f, against y on logit f, the group and their product.

    To 2,000 rows p is that of outcomes drawn from the one line: of 30 rows a group the chi-square rejects 9% of what is
    true at 5%. It is sharper than a gap of errors, since it knows the direction in which groups are off; it supposes
    that log odds are off by a line. None where fewer than two groups take part. Of rows that weigh alike and are units
    of their own it is the likelihood ratio; else Wald's statistic with the sandwich of the units' scores. Source:
    sufficiency, Barocas, Hardt and Narayanan (2023), Fairness and Machine Learning, chapter 3; the test, as Wilks
    (1938), Ann. Math. Stat. 9, 60-62, and White (1982), Econometrica 50, 1-25.

    Args:
        scores: [n], between 0 and 1.
        came_true: [n].
        groups: [n], the group of each row; -1 leaves it out.
        group_count: how many there are.
        rng: where outcomes are drawn from.
        weights: [n], above 0; None: all the same.
        units: [n], whose row it is, from 0 without a gap; None: each stands for itself.
    """
    from scipy import special

    known = groups >= 0
    inside = known & (scores > 0) & (scores < 1)
    logits, hits, codes = special.logit(scores[inside]), came_true[inside].astype(float), groups[inside]
    sizes = np.bincount(codes, minlength=group_count)
    left_out = int(np.count_nonzero(known & ~inside))
    if weights is None and units is None:
        present = np.flatnonzero(sizes)
        if len(present) < 2:  # noqa: PLR2004  a test compares two
            return None
        lines = [_fit(logits[codes == code], hits[codes == code]) for code in present]
        together = _fit(logits, hits)
        free = [len(_free(logits[codes == code])) for code in present]
        freedom = sum(free) - len(_free(logits))
        statistic = max(2 * (sum(line.likelihood for line in lines) - together.likelihood), 0.0)
        p = float(special.chdtrc(freedom, statistic)) if freedom else 1.0
        method = "likelihood ratio"
        if freedom and len(logits) <= _FEW_ROWS:
            drawn = _drawn_ratios(logits, codes, together.coefficients, rng)
            p = compare(statistic, drawn, least=0.0).tail_p
            method = "likelihood ratio, drawn"
        return SufficiencyTest(statistic, freedom, p, method, len(present), left_out)
    mass = np.ones(len(logits)) if weights is None else np.asarray(weights, dtype=float)[inside]
    owners = np.arange(len(logits)) if units is None else units[inside]
    return _robust(logits, hits, codes, mass / mass.mean() if len(mass) else mass, owners, group_count, left_out)


def _drawn_ratios(logits: Floats, codes: Integers, line: Floats, rng: np.random.Generator) -> Floats:
    """[draws], the statistic where the one line is true."""
    from scipy import special

    # In the order of what rows are, so that it does not matter in which order they come.
    order = np.lexsort((codes, logits))
    logits, codes = logits[order], codes[order]
    hits = rng.random((_DRAWS, len(logits))) < special.expit(line[0] + line[1] * logits)
    apart = sum(_likelihoods(logits[codes == code], hits[:, codes == code], line) for code in np.unique(codes))
    return np.maximum(2 * (np.asarray(apart) - _likelihoods(logits, hits, line)), 0.0)


def _likelihoods(logits: Floats, hits: Flags, line: Floats) -> Floats:
    """[draws], the greatest likelihood of a line for the outcomes [draws, n]: Newton's steps, none of them too long."""
    from scipy import special

    centre = float(logits.mean())
    x = logits - centre
    design = np.column_stack([np.ones(len(x)), x, x**2])
    lines = np.tile([line[0] + line[1] * centre, line[1]], (len(hits), 1))
    best = np.full(len(hits), -np.inf)
    sums = hits @ design[:, :2]
    for _ in range(_DRAWN_STEPS):
        odds = np.clip(lines[:, :1] + lines[:, 1:] * x, -_FARTHEST, _FARTHEST)
        best = np.maximum(best, (hits * odds).sum(axis=1) - np.logaddexp(0, odds).sum(axis=1))
        chance = special.expit(odds)
        slope = sums - chance @ design[:, :2]
        flat, mixed, steep = ((chance * (1 - chance)) @ design + np.array([_NEAR, 0.0, _NEAR])).T
        size = np.maximum(flat * steep - mixed**2, _NEAR**2)
        step = (
            np.column_stack([steep * slope[:, 0] - mixed * slope[:, 1], flat * slope[:, 1] - mixed * slope[:, 0]])
            / size[:, np.newaxis]
        )
        lines += step / np.maximum(np.abs(step).max(axis=1, keepdims=True) / _LONGEST, 1.0)
    return best


def _robust(
    logits: Floats, hits: Floats, codes: Integers, mass: Floats, owners: Integers, group_count: int, left_out: int
) -> SufficiencyTest | None:
    from scipy import special

    lines, weighed, groups = [], [], 0
    for code in range(group_count):
        inside = codes == code
        if not inside.any():
            continue
        if not _has_line(logits[inside], hits[inside] > 0):
            left_out += int(np.count_nonzero(inside))
            continue
        groups += 1
        line = _fit(logits[inside], hits[inside], mass[inside])
        places = np.unique(owners[inside], return_inverse=True)[1].ravel()
        sums = np.column_stack([np.bincount(places, part) for part in line.parts.T])
        count = len(sums)
        # Two coefficients are fitted to the units, which then lie nearer to the line than they should.
        middle = sums.T @ sums * count / max(count - 2, 1)
        lines.append(line.coefficients)
        weighed.append(line.information @ np.linalg.pinv(middle) @ line.information)
    if groups < 2:  # noqa: PLR2004  a test compares two
        return None
    total = np.sum(weighed, axis=0)
    centre = np.linalg.solve(total, np.sum([w @ line for w, line in zip(weighed, lines, strict=True)], axis=0))
    statistic = float(sum((line - centre) @ w @ (line - centre) for w, line in zip(weighed, lines, strict=True)))
    freedom = 2 * (groups - 1)
    return SufficiencyTest(
        statistic, freedom, float(special.chdtrc(freedom, statistic)), "robust wald", groups, left_out
    )


def _has_line(logits: Floats, hits: Flags) -> bool:
    if hits.all() or not hits.any() or np.ptp(logits) == 0:
        return False
    no, yes = logits[~hits], logits[hits]
    return bool(no.max() > yes.min() and yes.max() > no.min())


def _free(logits: Floats) -> list[int]:
    """Which coefficients a line has: with a single score, the constant alone."""
    return [0, 1] if np.ptp(logits) > 0 else [0]


def _fit(logits: Floats, hits: Floats, mass: Floats | None = None) -> _Line:
    """The line of the greatest likelihood, by Newton's steps, halved where they overshoot.

    Where scores separate the outcomes the steps end where the likelihood no longer changes, at its bound. One more
    step is taken: where they end hangs on last bits of the likelihood, and the coefficients would be off by their root.
    """
    mass = np.ones(len(hits)) if mass is None else mass
    design, free = np.column_stack([np.ones(len(logits)), logits]), _free(logits)
    line, best = np.zeros(2), -np.inf
    for _ in range(_STEPS):
        here = _at(design, hits, mass, line)
        is_last = here.likelihood <= best + _NEAR * abs(best)
        best = here.likelihood - (_ROUNDING * abs(here.likelihood) if is_last else 0.0)
        step = np.zeros(2)
        step[free] = np.linalg.pinv(here.information[np.ix_(free, free)]) @ here.parts.sum(axis=0)[free]
        for halving in range(_HALVINGS):
            tried = line + step / 2**halving
            if _at(design, hits, mass, tried).likelihood >= best:
                line = tried
                break
        if is_last:
            break
    return _at(design, hits, mass, line)


def _at(design: Floats, hits: Floats, mass: Floats, line: Floats) -> _Line:
    from scipy import special

    odds = np.clip(design @ line, -_FARTHEST, _FARTHEST)
    chance = special.expit(odds)
    likelihood = float(mass @ (hits * odds - np.logaddexp(0, odds)))
    information = (design * (mass * chance * (1 - chance))[:, np.newaxis]).T @ design
    return _Line(line, likelihood, information, (mass * (hits - chance))[:, np.newaxis] * design)
