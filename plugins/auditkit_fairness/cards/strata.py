"""The metric cards of `fairness.strata`."""

from auditkit import MetricCard
from auditkit_fairness.cards.tests import FEW

STRATA_CARDS = (
    MetricCard(
        name="common_odds_ratio",
        title="Odds of being chosen within strata, against the reference group's (Mantel-Haenszel)",
        asks="Among comparable rows, how do a group's odds of being chosen compare with those of the reference group?",
        formula="sum over strata of (chosen of a x not chosen of the reference / rows) / the same with chosen and not "
        "chosen changed round; the reference is named, or the largest group",
        source="Mantel and Haenszel (1959), J. Natl. Cancer Inst. 22, 719-748; statsmodels' StratifiedTable; interval "
        "by Robins, Breslow and Greenland (1986), Biometrics 42, 311-323",
        better="target",
        undefined=FEW + " When no stratum has rows of both groups, and rows chosen and not.",
        misleads="A ratio of odds is further from 1 than a ratio of rates. A stratum that is itself the work of "
        "discrimination explains nothing away. Where the odds ratio differs between strata one number hides it: read "
        "the p of one ratio in all strata.",
    ),
    MetricCard(
        name="conditional_demographic_disparity",
        title="Conditional demographic disparity",
        asks="Among comparable rows, does a group make up more of those not chosen than of those chosen?",
        formula="sum over strata s of n_s / n x (P(A = a | D = 0, s) - P(A = a | D = 1, s))",
        source="Wachter, Mittelstadt and Russell (2021), Computer Law & Security Review 41, 105567; Amazon SageMaker "
        "Clarify's CDD; interval by Newcombe within strata and Zou and Donner (2008) over them",
        better="target",
        undefined=FEW + " When in no stratum some are chosen and some are not.",
        misleads="A small group makes up a small share of either side: its disparity is near 0 however it is treated.",
    ),
)
