"""Where on the way from a baseline to a row gradients are taken: more of them where few do not do, and none twice.

Fejér's second rule (Fejér 1933, Math. Z. 37, 287-309; weights: Waldvogel 2006, BIT 46, 195-202): points at the cosines
of equal angles. With twice as many angles all points stay, so that what they said counts again. The two ends, where the
gradients of some models are none, are no points; beside Gauss's rule it is about as exact (Trefethen 2008, SIAM Rev.
50, 67-87).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

STEPS = (15, 31, 63, 127, 255, 511)
"""Points of each rule: all of those before, and as many between them."""


def points(count: int) -> Floats:
    """[count]: shares of the way, rising, from above 0 to below 1.

    Args:
        count: of points; one less than a power of two, of rules that hold each other.
    """
    return (1 - np.cos(np.pi * np.arange(1, count + 1) / (count + 1))) / 2


def weights(count: int) -> Floats:
    """[count]: how much the gradient counts at each point; they add up to 1.

    2 sin(t) / n * sum over odd m below n of sin(m t) / m, at the angles t = pi j / n, with n = count + 1.

    Args:
        count: of points.
    """
    angles = np.pi * np.arange(1, count + 1) / (count + 1)
    odd = np.arange(1, count + 1, 2)
    return np.asarray(2 * np.sin(angles) / (count + 1) * (np.sin(np.outer(angles, odd)) / odd).sum(axis=1))


def added(count: int, before: int) -> Integers:
    """[p]: which points of a rule, from 1, are none of the rule before it.

    Args:
        count: of its points.
        before: of the points of the rule before it; 0: there is none.
    """
    numbers = np.arange(1, count + 1)
    return numbers if not before else numbers[numbers % ((count + 1) // (before + 1)) != 0]


def weighed(numbers: Integers, count: int, rules: Sequence[int]) -> Floats:
    """[rules, p]: what each rule makes of some points of one of them; 0 where they are none of its own.

    Args:
        numbers: [p], of points from 1.
        count: of all points of the rule whose they are.
        rules: how many points each has.
    """
    found = np.zeros((len(rules), len(numbers)))
    for place, rule in enumerate(rules):
        if rule:
            own = numbers * (rule + 1) % (count + 1) == 0
            found[place, own] = weights(rule)[numbers[own] * (rule + 1) // (count + 1) - 1]
    return found
