"""What a model would hand out if its answers were made coarser: probabilities in, coarser ones out, row by row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from auditkit import Text
from auditkit_privacy.attacks.scores import log_probabilities

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

AS_IT_IS = "none"
"""The remedy that all others are compared with, as conditions name it."""
_TWO = 2


@dataclass(frozen=True)
class Remedy:
    """One way to hand out less."""

    name: str
    """As a measurement's `conditions = {"remedy": ...}` name it."""
    words: Text
    apply: Callable[[Floats, Integers], Floats] | None
    """From probabilities [n, k] and the classes decided for [n] to what is handed out [n, k]; None: the class alone."""
    zero: float = 0.0
    """What a probability of 0 that is handed out may stand for at most, e.g. 0.005 of two decimals."""
    classes: int = _TWO
    """It says less than the answer itself only of so many classes or more."""


def rounded(probabilities: Floats, _: Integers, *, decimals: int) -> Floats:
    """Each to so many decimals; a row may then sum to another number than 1."""
    return np.asarray(np.round(probabilities, decimals))


def top_alone(probabilities: Floats, decided: Integers) -> Floats:
    """The probability of the class decided for; what is left is spread evenly over the others."""
    rows, classes = probabilities.shape
    own = probabilities[np.arange(rows), decided]
    spread = np.repeat(((1 - own) / (classes - 1))[:, np.newaxis], classes, axis=1)
    spread[np.arange(rows), decided] = own
    return np.asarray(spread)


def softened(probabilities: Floats, _: Integers, *, temperature: float) -> Floats:
    """Of the logits divided by a temperature: each to the power of 1 / temperature, and the row made to sum to 1.

    Source: Guo et al. (2017), "On calibration of modern neural networks", ICML, section 4.2.
    """
    logs = log_probabilities(probabilities) / temperature
    raised = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


REMEDIES = (
    Remedy(AS_IT_IS, Text.of("the answers as they are"), lambda probabilities, _: probabilities),
    Remedy("2 decimals", Text.of("probabilities to 2 decimals"), partial(rounded, decimals=2), zero=0.005),
    Remedy("1 decimal", Text.of("probabilities to 1 decimal"), partial(rounded, decimals=1), zero=0.05),
    Remedy("temperature 2", Text.of("logits divided by 2"), partial(softened, temperature=2.0)),
    Remedy("temperature 4", Text.of("logits divided by 4"), partial(softened, temperature=4.0)),
    Remedy("top class", Text.of("the decided class, with its probability"), top_alone, classes=_TWO + 1),
    Remedy("class alone", Text.of("the decided class alone"), None),
)
"""What is tried, from the answers as they are to the class alone."""
