"""The metric cards of unfamiliar rows: how many there are, whose they are, and whether the model errs on them."""

from __future__ import annotations

from auditkit import MetricCard

_SCORES = (
    "Scores: `confidence`, 1 - largest probability (Hendrycks and Gimpel 2017, ICLR); `energy`, -log of the sum of "
    "exponentials of the outputs (Liu et al. 2020, NeurIPS); `mahalanobis`, to the nearest class mean under one shrunk "
    "covariance (Lee et al. 2018, NeurIPS; Ledoit and Wolf 2004); `neighbours`, to the k-th nearest direction (Sun et "
    "al. 2022, ICML)"
)
_KNOWN = (
    "Known rows are those of `reference`, or else of `training`: of rows that it was trained on a model is surer than "
    "it should be, and all others then look strange."
)
_HALVES = "Distances are taken from one half of the known rows and held against the other, the mean of both ways round."

SHARE = MetricCard(
    name="unfamiliar_share",
    title="Rows that are unfamiliar to the model",
    asks="How many rows lie farther out than nearly all that the model is at home with?",
    formula="rows whose score is above the known rows' 95th, or 99th, percentile / rows; 5 %, or 1 %, is what rows "
    "like the known ones have",
    source=f"{_SCORES}; the percentile as in split-conformal prediction, so that its law is known (Vovk 2012); "
    "interval: Wilson's limits and the Beta law of the percentile, combined (Zou and Donner 2008, Stat. Med. 27, "
    "1693-1702); of a group Wilson's alone",
    better="lower",
    undefined="When there are fewer known rows than the percentile needs: 19 for the 95th, 99 for the 99th, in each "
    "half where halves are taken.",
    misleads=f"{_KNOWN} Unfamiliar is not wrong. A share of 5 % is none at all.",
)
SHARE_GAP = MetricCard(
    name="unfamiliar_share_difference",
    title="Difference between groups in how many rows are unfamiliar",
    asks="Are one group's rows more often strange to the model?",
    formula="largest group's share - smallest group's share, of groups that are large enough",
    source="the groups' limits combined for each pair, Zou and Donner (2008), at Bonferroni's level over all pairs",
    better="lower",
    undefined="When fewer than two groups are large enough, or there are too few known rows.",
    misleads="A group that the known rows hardly hold is strange by that alone: this is what it should find.",
)
APART = MetricCard(
    name="unfamiliarity_auc",
    title="How well a score tells the rows from known ones",
    asks="Are the rows as a whole stranger to the model than those that it is at home with?",
    formula="chance that a row has a higher score than a known one, drawn at random; 1/2 for each tie",
    source=f"{_SCORES}. {_HALVES} Interval: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; over "
    "units Obuchowski (1997)",
    better="lower",
    undefined="When there are no known rows.",
    misleads=f"{_KNOWN} 0.5 is no difference by this score: the rows can differ in ways that it does not see. Below "
    "0.5 the rows are less strange than the known ones.",
)
FORESEEN = MetricCard(
    name="unfamiliarity_error_auc",
    title="How well unfamiliarity foretells errors",
    asks="Does the score know on which rows the model is wrong?",
    formula="chance that a wrong row has a higher score than a right one, drawn at random; 1/2 for each tie",
    source=f"{_SCORES}. Interval: DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845",
    better="higher",
    undefined="When no row is wrong, or none right, or it is not known.",
    misleads="A score can tell strange rows and still not know the errors: 0.5 is no better than a coin. Whoever "
    "abstains by it finds what that is worth in `reliability.selective`.",
)
ERRORS = MetricCard(
    name="unfamiliar_error_rate",
    title="Errors on familiar and on unfamiliar rows",
    asks="How much more often is the model wrong beyond what it is at home with?",
    formula="wrong rows / rows, of those within the known rows' 95th percentile, and of those beyond it",
    source=f"{_SCORES}; interval: Wilson (1927)",
    better="lower",
    undefined="When no row lies there, or it is not known what is right.",
    misleads="There may be few rows beyond: the interval says how little is known then.",
)

FAMILIARITY = (SHARE, SHARE_GAP, APART, FORESEEN, ERRORS)
"""What `robustness.out-of-distribution` measures."""
