"""What intervals are called: a method's name is clauses between commas, and each clause is a text of the catalogues.

A plugin that makes intervals of its own names them in its own words; a catalogue beside its templates may have these.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from auditkit.document import fill

CLAUSES = (
    "all columns",
    "all groups against one",
    "all groups",
    "all labels",
    "all means at once",
    "all pairs",
    "all sets of classes",
    "area under the curve",
    "as wide as one",
    "at holm's steps",
    "bands of Dvoretzky, Kiefer and Wolfowitz",
    "basic",
    "BCa bootstrap over rows",
    "BCa bootstrap over units",
    "beta-binomial law of {n} calibration rows",
    "Bonferroni over {n} patches",
    "Bonferroni over {n} words",
    "Bonferroni",
    "bonferroni",
    "bootstrap of the difference of the curves",
    "bootstrap of the largest error over units",
    "bootstrap of the largest error",
    "bootstrap of the shares",
    "both gains",
    "both rates",
    "bounded mean",
    "by hand",
    "clopper-pearson of the agreement",
    "clopper-pearson",
    "combined over rows",
    "combined over rows: the wider",
    "combined over units",
    "combined over units: the wider",
    "corrected twice",
    "cross-validated",
    "delong on halves",
    "delong",
    "delta method",
    "donner-zou ratio of wilson limits",
    "dvoretzky-kiefer-wolfowitz above",
    "effective size",
    "exact",
    "greenland",
    "halves below",
    "in steps of {n}",
    "inverted non-central chi squared",
    "kish's size",
    "kolmogorov-smirnov band",
    "likelihood ratio",
    "likelihood ratio, drawn",
    "limits of the groups combined",
    "limits of the parts combined",
    "linearised over units",
    "linearised",
    "log odds",
    "log of mean over rows",
    "log of mean over units",
    "log of ratio over rows",
    "log of ratio over units",
    "log",
    "logit",
    "mantel-haenszel",
    "max-t of cumulative errors",
    "max-t over all periods",
    "mean of both halves of the known rows",
    "mean of two halves",
    "mean over rows or clusters",
    "mean over rows",
    "mean over templates",
    "mean over units",
    "mean",
    "median of halvings",
    "monte carlo",
    "mover of clopper-pearson limits",
    "mover of logs",
    "mover of newcombe's limits over strata",
    "mover of wilson limits",
    "multiplier bootstrap of the distance",
    "multiplier bootstrap",
    "newcombe",
    "no shorter than clopper-pearson of the clusters",
    "noise bound",
    "noise bounds of all groups",
    "noise bounds of both",
    "not within clopper-pearson of the agreement",
    "observed share",
    "Obuchowski-Rockette-Hillis",
    "of its inverse",
    "of wilson limits",
    "one run",
    "or student's",
    "or wilson limits of loss and gain combined",
    "or wilson limits of loss and gain",
    "order statistics and clopper-pearson",
    "over fillings",
    "over rows and over random models",
    "over rows",
    "over rows: the wider",
    "over templates",
    "over units",
    "over units: the wider",
    "paired delong on halves",
    "paired delong",
    "paired",
    "percentile bootstrap of pseudo-values over rows",
    "percentile bootstrap of pseudo-values over units",
    "profile likelihood",
    "range of brownian motion",
    "ratio over rows",
    "ratio over units",
    "robust wald",
    "rogan-gladen",
    "rows",
    "sampling noise drawn anew",
    "squared and added",
    "student of all pairs of points",
    "student on the log scale",
    "student over people",
    "student",
    "t over rows or people",
    "the best of {n} numbers of guesses",
    "the value, give or take the band of dvoretzky, kiefer and wolfowitz",
    "three clopper-pearson intervals at once",
    "triangle inequality",
    "twice the variance",
    "units",
    "wald",
    "welch over rows",
    "welch over units",
    "welch",
    "whole units",
    "widened to newcombe",
    "wild bootstrap over rows",
    "wild bootstrap over units",
    "wilson at the size of the influence function's variance",
    "wilson limits of loss and gain combined",
    "wilson limits of loss and gain",
    "wilson limits of the share below",
    "wilson of a bounded mean",
    "wilson",
    "with 1: the blind baseline may reach as far",
    "with the beta law of the known rows",
    "woodruff",
    "zou and donner",
)
"""Those of the intervals, and of some tests, of the first-party checks. A number in one is a parameter."""

_COMMA = ", "
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])")
_NAMES = {
    "wilson": "Wilson", "newcombe": "Newcombe", "delong": "DeLong", "donner-zou": "Donner-Zou",
    "clopper-pearson": "Clopper-Pearson",
}  # fmt: skip


def named(method: str, translate: Callable[[str], str]) -> tuple[str, ...]:
    """The clauses of a method's name, each in the language of `translate`, and as it is where that has none."""
    clauses = [method] if method in CLAUSES else method.split(_COMMA)
    return tuple(_clause(one, translate) for one in clauses)


def _clause(clause: str, translate: Callable[[str], str]) -> str:
    found = [] if clause in CLAUSES else _NUMBER.findall(clause)
    pattern = _NUMBER.sub("{n}", clause) if len(found) == 1 else clause
    if (said := translate(pattern)) != pattern:
        return fill(said, {"n": found[0]} if len(found) == 1 else {})
    for plain, name in _NAMES.items():
        clause = clause.replace(plain, name)
    return clause
