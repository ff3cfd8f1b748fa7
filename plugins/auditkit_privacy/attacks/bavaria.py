"""LiRA with few shadow models (BaVarIA): what is not known of a row's variance is taken from all rows.

A row's score over models has a normal distribution whose mean and variance have a normal-inverse-gamma prior, fitted to
all rows by empirical Bayes. A new model's score then has Student's t distribution, wider the fewer shadows there are.
Sources: the attack, arXiv 2603.11799 (2026); the conjugate prior, Murphy (2007), "Conjugate Bayesian analysis of the
Gaussian distribution", section 6; its fit, Smyth (2004), Stat. Appl. Genet. Mol. Biol. 3, article 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FEW = 16
"""Shadow models up to which it is taken rather than LiRA."""
_LEAST = 1e-12
_MOST = 1e6
"""A shape of the prior from which the rows' variances are as good as equal."""


@dataclass(frozen=True)
class Prior:
    """What is known of a row before its own shadows are looked at."""

    mean: float
    """mu0: the centre of the rows' means."""
    strength: float
    """kappa0: as how many shadows `mean` counts."""
    shape: float
    """alpha0, of the inverse gamma distribution of the variances."""
    scale: float
    """beta0."""

    @classmethod
    def of(cls, shadows: Floats) -> Self:
        """From scores [k, n] of shadows, NaN where one does not count for a row.

        The variances' prior is fitted to the mean and variance of their logs, which the digamma and trigamma functions
        give; the means' to how far they lie apart beyond what their own errors explain.
        """
        from scipy import special

        count, mean, squares = _summaries(shadows)
        several = (count > 1) & (squares > 0)
        if np.count_nonzero(several) < 2:  # noqa: PLR2004  nothing to fit a spread to
            centre = float(mean[count > 0].mean()) if (count > 0).any() else 0.0
            return cls(centre, 1.0, 1.0, 1.0)
        freedom = count[several] - 1
        logs = np.log(squares[several] / freedom) - special.digamma(freedom / 2) + np.log(freedom / 2)
        beyond = float(np.var(logs, ddof=1) - special.polygamma(1, freedom / 2).mean())
        shape = _inverse_trigamma(beyond) if beyond > 1 / _MOST else _MOST
        # E ln(variance) = ln(scale) - digamma(shape).
        scale = float(np.exp(logs.mean() + special.digamma(shape)))
        some = count > 0
        centre = float(mean[some].mean())
        # Given a row's variance v, its mean lies v (1 / kappa0 + 1 / k) from the centre, squared; v is expected from
        # the row's own sum of squares, which is independent of its mean. A shape of 1 or less expects no v at all.
        precision = np.maximum(shape + (count[some] - 1) / 2 - 1, 0.5) / (scale + squares[some] / 2)
        apart = float(((mean[some] - centre) ** 2 * precision - 1 / count[some]).mean())
        return cls(centre, 1 / max(apart, 1 / _MOST), shape, scale)


@dataclass(frozen=True)
class Predictive:
    """Student's t distribution of a new model's score, one a row."""

    freedom: Floats
    centre: Floats
    spread: Floats

    @classmethod
    def of(cls, shadows: Floats, prior: Prior) -> Self:
        """After the scores [k, n] of shadows, NaN where one does not count for a row; of no shadow, by the prior."""
        count, mean, squares = _summaries(shadows)
        strength = prior.strength + count
        centre = (prior.strength * prior.mean + count * mean) / strength
        shape = prior.shape + count / 2
        off = prior.strength * count * (mean - prior.mean) ** 2 / (2 * strength)
        scale = prior.scale + squares / 2 + off
        return cls(2 * shape, centre, np.sqrt(scale * (strength + 1) / (shape * strength)))

    def log_density(self, scores: Floats) -> Floats:
        """[n]: of scores [n]."""
        from scipy import stats

        return np.asarray(stats.t.logpdf(scores, self.freedom, self.centre, np.maximum(self.spread, _LEAST)))

    def surprise(self, scores: Floats) -> Floats:
        """[n]: -ln P[higher] of scores [n]."""
        from scipy import stats

        return np.asarray(-stats.t.logsf(scores, self.freedom, self.centre, np.maximum(self.spread, _LEAST)))


def online_scores(scores: Floats, shadows: Floats, trained: Flags) -> Floats:
    """[n]: the log density of the model's score after shadows with the row, less that after shadows without it.

    Args:
        scores: [n], of the model.
        shadows: [k, n], of the shadow models.
        trained: [k, n], whether the shadow was trained on the row.
    """
    inside, outside = (np.where(which, shadows, np.nan) for which in (trained, ~trained))
    with_row, without = (Predictive.of(part, Prior.of(part)) for part in (inside, outside))
    return np.asarray(with_row.log_density(scores) - without.log_density(scores))


def offline_scores(scores: Floats, shadows: Floats, trained: Flags) -> Floats:
    """[n]: how improbable a score as high is after the shadows without the row; arguments as of `online_scores`."""
    outside = np.where(trained, np.nan, shadows)
    return Predictive.of(outside, Prior.of(outside)).surprise(scores)


def _summaries(shadows: Floats) -> tuple[Floats, Floats, Floats]:
    """[n] each: how many count, their mean (0 of none), and their sum of squares around it."""
    known = ~np.isnan(shadows)
    count = known.sum(axis=0).astype(float)
    total = np.where(known, shadows, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.zeros(shadows.shape[1]), where=count > 0)
    squares = (np.where(known, shadows - mean, 0.0) ** 2).sum(axis=0)
    return count, mean, squares


def _inverse_trigamma(value: float) -> float:
    """The x with trigamma(x) = value > 0, by Newton's steps on 1 / trigamma, which is nearly straight."""
    from scipy import special

    found = 0.5 + 1 / value
    for _ in range(50):
        here = float(special.polygamma(1, found))
        step = here * (1 - here / value) / float(special.polygamma(2, found))
        found += step
        if abs(step) < 1e-10 * found:
            break
    return found
