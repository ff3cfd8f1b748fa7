"""What a number was measured under, in words: `method = occlusion`, in Chinese `方法 = 遮挡法`.

The name of a condition is a plugin's, and so is its value, unless it names a column, a word or a group of the data.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditkit.report.wording import Wording

NAMES = (
    "asked", "attack", "attribute", "beyond", "change", "column", "corruption", "coverage", "edit", "interval",
    "method", "methods", "numbers", "period", "perturbation", "piece", "places", "reader", "region", "remedy",
    "rounding", "rows", "score", "set size", "severity", "share", "sign", "split", "style", "swap", "test",
    "towards", "word",
)  # fmt: skip
FROM_DATA = {"attribute", "column", "items", "period", "piece", "reader", "strata", "style", "towards", "word"}
"""Conditions whose values are names out of the data, which no catalogue says in another language."""
STRATA = "rows are comparable within"
"""What `strata` is to a condition: elsewhere the word is the number of them, which other languages have another for."""
VALUES = (
    "95th", "99th", "DetConstSort to catalogue shares", "DetConstSort to merit shares", "DetConstSort to named shares",
    "DetGreedy in turns to catalogue shares", "DetGreedy in turns to merit shares",
    "DetGreedy in turns to named shares", "DetGreedy to catalogue shares", "DetGreedy to merit shares",
    "DetGreedy to named shares", "Equalized odds", "FGSM", "PGD", "abbreviations", "all", "another's cell",
    "as they were",
    "best true positive rates", "beyond", "bias field", "blind search breaks more", "border", "brightness",
    "calibrated logit, one reference", "calibrated loss", "calibrated loss, one reference", "centre", "class alone",
    "comprehensiveness", "confidence", "contractions", "contrast", "contrast window", "corners", "dealt at random",
    "deep lift", "defocus blur", "deletion", "doubled letters", "dropped letters", "elastic transform", "energy",
    "equal false positive rates", "equal selection rates", "equal true positive rates", "equalized odds with lots",
    "fewer steps break more", "fog", "frost", "full-width digits", "gamma", "gaussian noise", "glass blur",
    "gradient", "gradient x input", "guided grad-cam", "hinge", "impulse noise", "in another order", "infidelity",
    "insertion", "integrated gradients", "invisible characters", "isotonic", "jpeg compression", "kernel shap",
    "likelihood ratio", "likelihood ratio, offline", "look-alike letters", "loss", "low dose", "lower case",
    "mahalanobis", "mask", "max-sensitivity", "missing", "modified entropy", "motion blur", "nearest neighbour",
    "neighbouring keys", "neighbours", "neutral", "no bound, and still right", "no gradient", "no punctuation", "noise",
    "none", "norm", "occlusion", "of known category alone", "one at a time", "one step breaks more than many",
    "outputs", "pixelate", "platt", "quantile", "relative input stability", "relative output stability", "released",
    "remove", "resolution", "robust", "robust, offline", "robust, one reference", "scaled logit", "shot noise",
    "smoothed integrated gradients", "snow", "sufficiency", "swap", "swapped letters", "temperature",
    "the class alone", "trained anew", "trained on balanced rows", "training", "twice the steps break more",
    "upper case", "values tried", "white space", "within", "zoom blur",
)  # fmt: skip
"""Those of the first-party checks."""
PATTERNS = (
    "{n} decimal",
    "{n} decimals",
    "{n} at a time",
    "temperature {n}",
    "row {row}, column {column} of {rows} x {columns}",
    "row {row}, column {column} of {side}",
)
"""Values that hold numbers."""
_READ = {text: re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]+)", text)) for text in PATTERNS}
_TWO = re.compile(r"(.+?) and (.+)")
_BY = re.compile(r"(.+) by (.+)")


def condition(name: str, value: str, wording: Wording) -> str:
    """`method = occlusion`, in the language of the page."""
    said = wording.label(value) if name in FROM_DATA else named_value(value, wording)
    named = wording.translate(STRATA if name == "strata" else name)
    return f"{wording.label(name if named == STRATA else named)} = {said}"


def named_value(value: str, wording: Wording) -> str:
    """What a plugin calls a method, an attack or a change of the rows, in the language of the page.

    Of two methods, or of a map for each group of an attribute, each by itself.
    """
    if (said := wording.translate(value)) != value:
        return wording.label(said)
    for pattern, read in _READ.items():
        if (found := read.fullmatch(value)) is not None:
            return wording.label(wording.say(pattern, **found.groupdict()))
    if (parts := _TWO.fullmatch(value)) is not None and (first := wording.translate(parts[1])) != parts[1]:
        return wording.say("{one} and {other}", one=wording.label(first), other=named_value(parts[2], wording))
    if (parts := _BY.fullmatch(value)) is not None and (first := wording.translate(parts[1])) != parts[1]:
        return wording.say("{map} by {attribute}", map=wording.label(first), attribute=wording.label(parts[2]))
    return wording.label(value)
