"""What a model's scores say of one row: arrays in, one number a row out, and the higher, the more like a member."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

LEAST = float(np.finfo(np.float64).tiny)
"""What a probability of 0 is taken for: its log is -708, and no score is infinite."""


def log_probabilities(probabilities: Floats) -> Floats:
    """[n, k]: natural logs in float64 of probabilities [n, k], finite at 0 and 1."""
    return np.asarray(np.log(np.clip(np.asarray(probabilities, dtype=np.float64), LEAST, None)))


def true_log_probability(probabilities: Floats, targets: Integers) -> Floats:
    """[n]: the log of the true class's probability, which is the loss with its sign turned.

    Source: Yeom, Giacomelli, Fredrikson and Jha (2018), "Privacy risk in machine learning", CSF.

    Args:
        probabilities: [n, k].
        targets: [n], the true class, from 0.
    """
    return log_probabilities(_of_class(probabilities, targets)[:, np.newaxis])[:, 0]


def modified_entropy(probabilities: Floats, targets: Integers) -> Floats:
    """[n]: the modified entropy with its sign turned: 0 of a row that is surely right, lower of all others.

    (1 - p_y) ln p_y + the sum over the other classes of p ln(1 - p). Source: Song and Mittal (2021), "Systematic
    evaluation of privacy risks of machine learning models", USENIX Security, equation 8.

    Args:
        probabilities: [n, k].
        targets: [n], the true class, from 0.
    """
    given = np.clip(np.asarray(probabilities, dtype=np.float64), 0.0, 1.0)
    rows = np.arange(len(given))
    true = given[rows, targets]
    others = given * np.log(np.clip(1 - given, LEAST, None))
    others[rows, targets] = 0.0
    return np.asarray((1 - true) * np.log(np.clip(true, LEAST, None)) + others.sum(axis=1))


def scaled_logit(logits: Floats, targets: Integers) -> Floats:
    """[n]: the true class's logit less the log of the sum of the others' exponentials: ln(p / (1 - p)) of its p.

    From logits, or logs of probabilities, and never from 1 - p, which is 0 long before p is 1.
    Source: Carlini et al. (2022), "Membership inference attacks from first principles", IEEE S&P, section V.

    Args:
        logits: [n, k], two classes or more.
        targets: [n], the true class, from 0.
    """
    true, others = _apart(logits, targets)
    top = others.max(axis=1)
    return np.asarray(true - top - np.log(np.exp(others - top[:, np.newaxis]).sum(axis=1)))


def hinge(logits: Floats, targets: Integers) -> Floats:
    """[n]: the true class's logit less the largest of the others; the arguments are those of `scaled_logit`."""
    true, others = _apart(logits, targets)
    return np.asarray(true - others.max(axis=1))


def _of_class(scores: Floats, targets: Integers) -> Floats:
    return np.asarray(scores[np.arange(len(scores)), targets])


def _apart(logits: Floats, targets: Integers) -> tuple[Floats, Floats]:
    """The true class's [n], and those of the others, [n, k - 1]."""
    given = np.asarray(logits, dtype=np.float64)
    # Behind the true class, each column's neighbour.
    behind = np.arange(given.shape[1] - 1) >= np.asarray(targets)[:, np.newaxis]
    return _of_class(given, targets), np.where(behind, given[:, 1:], given[:, :-1])
