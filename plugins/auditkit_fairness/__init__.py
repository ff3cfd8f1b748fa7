"""Fairness between groups, and to single people: a check a module, named as the check is; their metrics in `cards`.

A decision: `group_rates`, `gaps` with its `power_table`, `other_rates`, `equality_tests`, `four_fifths`, `strata`,
`sites` with its `site_gaps`, `variance`, `differential`, `multiclass`, `worst_label`, and `named_metric` for any of
scikit-learn's. A score: `score_balance`. A predicted number: `value_errors`, `value_parity`. Single people:
`intervention`, `similar_people`, `benefit_inequality`. A statute: `local_law_144`. The worst of many parts, made of
`worst`: `worst_slices`, `linear_groups`, `multiaccuracy`. Recommendations, made of `rankings`: to users
`ranking_quality`, `contraindicated_items`, `slate_calibration` and `popularity`, of items `item_exposure`. Texts:
`name_swaps`, with `naming`, `term_swaps`, with `swapping`, and `mention_aucs`. By which input a gap comes:
`gap_carriers`, whose known cases are `planted_carriers`. What moving thresholds would change: `what_would_help`, made
of `remedies`; what other lists would bring groups of items: `exposure_remedies`.

Options are refused in `accepting`, before anything is predicted. Rows become groups in `groupings`, questions with a
yes or no in `questions`, and counts of both in `counting`: from one pass over the rows in `tallying`, or piece by piece
in `unit_counting` where rows share units or have weights. `decisions` counts all classes at once. `comparing` says who
is large enough to be compared, `reference_groups` with whom, and `values_compared` compares groups of numbers.

For one check each: `random_groupings` are the clean twins of `gaps`, `other_estimates` the numbers of `other_rates`,
`stratified_counts` those of `strata`; `law_counts` and `law_tables` are the counts and tables of `local_law_144`.
"""

from auditkit import hookimpl
from auditkit_fairness.benefit_inequality import benefit_inequality
from auditkit_fairness.contraindicated_items import contraindicated_items
from auditkit_fairness.differential import differential
from auditkit_fairness.equality_tests import equality_tests
from auditkit_fairness.exposure_remedies import exposure_remedies
from auditkit_fairness.four_fifths import four_fifths_rule
from auditkit_fairness.gap_carriers import inputs
from auditkit_fairness.gaps import gaps
from auditkit_fairness.group_rates import group_rates
from auditkit_fairness.intervention import protected_intervention
from auditkit_fairness.item_exposure import item_exposure
from auditkit_fairness.linear_groups import linear_groups
from auditkit_fairness.local_law_144 import local_law_144
from auditkit_fairness.mention_aucs import mention_aucs
from auditkit_fairness.multiaccuracy import multiaccuracy
from auditkit_fairness.multiclass import multiclass
from auditkit_fairness.name_swaps import name_swaps
from auditkit_fairness.named_metric import named_metric
from auditkit_fairness.other_rates import other_rates
from auditkit_fairness.popularity import popularity
from auditkit_fairness.ranking_quality import ranking_quality
from auditkit_fairness.score_balance import score_balance
from auditkit_fairness.similar_people import similar_people
from auditkit_fairness.sites import sites
from auditkit_fairness.slate_calibration import slate_calibration
from auditkit_fairness.strata import within_strata
from auditkit_fairness.term_swaps import term_swaps
from auditkit_fairness.value_errors import value_errors
from auditkit_fairness.value_parity import value_parity
from auditkit_fairness.variance import variance
from auditkit_fairness.what_would_help import remedies
from auditkit_fairness.worst_label import worst_label
from auditkit_fairness.worst_slices import worst_slices

_CHECKS = [
    gaps,
    group_rates,
    named_metric,
    four_fifths_rule,
    equality_tests,
    other_rates,
    within_strata,
    sites,
    score_balance,
    local_law_144,
    value_errors,
    value_parity,
    protected_intervention,
    similar_people,
    benefit_inequality,
    worst_label,
    multiclass,
    differential,
    variance,
    ranking_quality,
    contraindicated_items,
    item_exposure,
    exposure_remedies,
    slate_calibration,
    remedies,
    popularity,
    name_swaps,
    term_swaps,
    mention_aucs,
    worst_slices,
    inputs,
    multiaccuracy,
    linear_groups,
]

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_checks() -> list[object]:
    """Offer the fairness checks."""
    return [*_CHECKS]
