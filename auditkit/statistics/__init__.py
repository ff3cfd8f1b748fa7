"""Shares, gaps, areas and means, each with its interval: what all check plugins compute with.

Arrays go in, frozen results come out; randomness comes from the generator that is passed. The way from rows to a
verdict's numbers:

1. rows to counts: `coding` (labels to small integers), `cells` (combinations counted in one pass), `counts` (outcomes
   by group, with the size that uncertainty rests on under weights and units), `unit_sums` (the same a piece at a
   time), `selecting` (a median in a few passes); rows to folds: `folding`;
2. one number and its interval: `intervals`, `scores`, `paired`, `paired_scores`, `ratios`, `means`, `auc`, `bootstrap`;
   before and after, of the same rows: `worth`; where answers are crossed: `two_way`;
3. groups compared: `gaps`, `impact_ratios`, `four_fifths`, `effects`, `mean_gaps`, `distributions`, `between_groups`,
   `stratified`, `association`, `logistic`, `abroca`, `inequality`, `similarity`, with `mover` beneath some of them;
4. tests: `fisher`, `permutation`, `unit_permutation`, `zscores`; many at once: `multiplicity`; draws from a covariance
   that no processor changes: `drawing`;
5. what an attacker finds out: `roc`, `attack_rates`, `residual_risk`, `epsilon`, `guessing`, `extraction`; one sort for
   all: `places`;
6. whether probabilities come true as often as they say: the room `calibration`, whose names are imported from there;
7. what a prediction can be used for: `selective`, `net_benefit`, `conformal`, `predictive`; what lists are worth to
   users and give to items: `rankings`, `exposure`, `exposure_targets`, `popularity`; readers of the same rows, and a
   model among them: `agreement`, `reader_study`;
8. which of many slices of the rows does worst, tested all at once: `slices`, `slice_search`, and what other tools rank
   them by, `slice_scores`;
9. what could be seen: `power`, `growth`, `rarefaction`; and the instrument's own twin, `controls`.

Imported only when a check runs, so that the command line starts without it. How often each interval and test keeps its
promise stands in docs/statistics.md.
"""

from auditkit.statistics.abroca import Abroca, ScoredRows, abroca
from auditkit.statistics.agreement import Agreement, Imbalance, cohen_kappa, fleiss_kappa, gwet_ac1, imbalance
from auditkit.statistics.association import Association, cramers_v
from auditkit.statistics.attack_rates import (
    Advantage,
    Resolution,
    TopPrecision,
    TprAtFpr,
    advantage,
    negatives_needed,
    resolution,
    top_precision,
    tpr_at_fpr,
)
from auditkit.statistics.auc import Auc, AucDifference, delong, delong_difference
from auditkit.statistics.between_groups import BetweenVariance, between_variance
from auditkit.statistics.bootstrap import (
    Bootstrap,
    bootstrap_clusters,
    bootstrap_counts,
    resample_clusters,
    resample_counts,
    summarise,
)
from auditkit.statistics.cells import Cells, cell_places, count_cells, count_stream, one_against_rest, outcomes_of
from auditkit.statistics.coding import Coded, code_column
from auditkit.statistics.conformal import CoverageLaw, threshold_of
from auditkit.statistics.controls import GROUPINGS, FalseAlarms, count_false_alarms, deal_hits, random_gap_lows
from auditkit.statistics.counts import (
    EVERYBODY,
    RATES,
    Outcome,
    OutcomeTable,
    Rate,
    Shares,
    code_outcomes,
    count_outcomes,
    effective_size,
    own_units,
    rate_values,
    shares_of_sums,
    telling,
)
from auditkit.statistics.differential import DifferentialFairness, UnitCounts, differential_fairness
from auditkit.statistics.distributions import (
    Distributions,
    KolmogorovTest,
    kolmogorov_distance,
    kolmogorov_test,
    wasserstein_distance,
)
from auditkit.statistics.effects import widest_effect, widest_on_scale
from auditkit.statistics.epsilon import (
    TwoWorlds,
    epsilon_of_rates,
    gaussian_delta,
    gaussian_epsilon,
    gaussian_mu,
    one_run_epsilon,
    one_run_p_value,
    two_world_epsilon,
)
from auditkit.statistics.exposure import (
    Attention,
    AttentionFairness,
    JointSums,
    Ratios,
    SharedSpread,
    attention,
    attention_fairness,
    gini,
    js_divergence,
    kl_divergence,
)
from auditkit.statistics.exposure_targets import (
    ExpectedExposure,
    Length,
    attention_inequity,
    expected_exposure,
    target_exposure,
    unevenness,
)
from auditkit.statistics.extraction import (
    GUESSED,
    draws_needed,
    extraction_chance,
    rank_exposure,
    skew_normal_exposure,
)
from auditkit.statistics.folding import deal_folds
from auditkit.statistics.four_fifths import FLOOR, Impact, fisher_mid_p, four_fifths
from auditkit.statistics.gaps import (
    Gap,
    difference_limits,
    difference_lows,
    larger,
    smallest_ratio,
    tells_apart,
    widest_difference,
)
from auditkit.statistics.growth import growth_to_decide
from auditkit.statistics.guessing import (
    FEWEST_CANARIES,
    Guessed,
    OneRun,
    Plan,
    guess_plans,
    largest_bound,
    one_run,
)
from auditkit.statistics.impact_ratios import ImpactRatios, impact_limits, impact_ratios
from auditkit.statistics.independence import GroupedRows, chi_square, independence_test, unit_independence_test
from auditkit.statistics.inequality import between_groups, between_groups_limits, generalised_entropy
from auditkit.statistics.intervals import (
    Limits,
    clopper_pearson,
    critical_value,
    family_level,
    log_ratio,
    newcombe,
    share_ratio,
    wilson,
)
from auditkit.statistics.logistic import fit_logistic, standardised_shares
from auditkit.statistics.mean_gaps import (
    Estimates,
    MeansTest,
    group_means,
    group_ratios,
    smallest_mean_ratio,
    welch_test,
    widest_bounded_difference,
    widest_mean_difference,
)
from auditkit.statistics.means import Mean, mean
from auditkit.statistics.mover import combined, widest_between
from auditkit.statistics.multiplicity import benjamini_hochberg, benjamini_yekutieli, holm, max_t
from auditkit.statistics.net_benefit import NetBenefit, net_benefit
from auditkit.statistics.paired import Pairs, count_pairs, mcnemar, paired_difference
from auditkit.statistics.paired_scores import effective_pairs, paired_score, paired_score_limits
from auditkit.statistics.permutation import (
    PermutationTest,
    deal_out,
    equal_rates_test,
    shortfall,
    two_groups_p_value,
    widest,
)
from auditkit.statistics.places import places_of
from auditkit.statistics.popularity import Seen, distinct_seen, long_tail, novelty_of, shannon_entropy
from auditkit.statistics.power import (
    POWER,
    DetectableGaps,
    detectable_difference,
    detectable_gaps,
    largest_other,
    rows_for_difference,
)
from auditkit.statistics.predictive import (
    Departure,
    held_by,
    interval_calibration_error,
    interval_score,
    normal_crps,
    normal_pit,
    pit_distance,
)
from auditkit.statistics.rankings import Served, code_items, look_up, served
from auditkit.statistics.rarefaction import expected_distinct, rarefy
from auditkit.statistics.ratios import bounded_mean, positive_ratio, share_of_totals
from auditkit.statistics.reader_study import (
    Interchange,
    Merit,
    PanelDifference,
    auc_merit,
    interchange,
    model_against_readers,
    readers_twice,
    share_merit,
)
from auditkit.statistics.reranking import det_const_sort, det_greedy
from auditkit.statistics.residual_risk import (
    AttackRate,
    ExcessRisk,
    ResidualRisk,
    attack_rate,
    excess_risk,
    residual_risk,
)
from auditkit.statistics.roc import Roc, roc
from auditkit.statistics.scores import koopman, miettinen_nurminen
from auditkit.statistics.selecting import streamed_median
from auditkit.statistics.selective import RiskCoverage, Selective, risk_coverage, selective, tellable, untold
from auditkit.statistics.sign_flips import SignFlipTest, sign_flip_tests
from auditkit.statistics.similarity import NeighbourGaps, neighbour_gaps, pair_slopes, standardised
from auditkit.statistics.slice_scores import detectable_excess, divergence_t, sliceline_score
from auditkit.statistics.slice_search import Searched, search_slices, slice_effects
from auditkit.statistics.slices import Crossing, Parts, Slices, slices_of, withheld_parts
from auditkit.statistics.stratified import CommonOdds, common_odds, robust_error, robust_freedom
from auditkit.statistics.total_variation import total_variation, widest_variation
from auditkit.statistics.two_way import TwoWay, clustered_limits, group_totals
from auditkit.statistics.unit_permutation import equal_means_test, equal_unit_rates_test
from auditkit.statistics.unit_sums import (
    UnitEntries,
    UnitSums,
    join_outcomes,
    outcomes_of_units,
    plain_where_possible,
)
from auditkit.statistics.worth import Counting, Worth
from auditkit.statistics.zscores import cohens_h, difference_z, log_ratio_z, two_sided

__all__ = [
    "EVERYBODY",
    "FEWEST_CANARIES",
    "FLOOR",
    "GROUPINGS",
    "GUESSED",
    "POWER",
    "RATES",
    "Abroca",
    "Advantage",
    "Agreement",
    "Association",
    "AttackRate",
    "Attention",
    "AttentionFairness",
    "Auc",
    "AucDifference",
    "BetweenVariance",
    "Bootstrap",
    "Cells",
    "Coded",
    "CommonOdds",
    "Counting",
    "CoverageLaw",
    "Crossing",
    "Departure",
    "DetectableGaps",
    "DifferentialFairness",
    "Distributions",
    "Estimates",
    "ExcessRisk",
    "ExpectedExposure",
    "FalseAlarms",
    "Gap",
    "GroupedRows",
    "Guessed",
    "Imbalance",
    "Impact",
    "ImpactRatios",
    "Interchange",
    "JointSums",
    "KolmogorovTest",
    "Length",
    "Limits",
    "Mean",
    "MeansTest",
    "Merit",
    "NeighbourGaps",
    "NetBenefit",
    "OneRun",
    "Outcome",
    "OutcomeTable",
    "Pairs",
    "PanelDifference",
    "Parts",
    "PermutationTest",
    "Plan",
    "Rate",
    "Ratios",
    "ResidualRisk",
    "Resolution",
    "RiskCoverage",
    "Roc",
    "ScoredRows",
    "Searched",
    "Seen",
    "Selective",
    "Served",
    "SharedSpread",
    "Shares",
    "SignFlipTest",
    "Slices",
    "TopPrecision",
    "TprAtFpr",
    "TwoWay",
    "TwoWorlds",
    "UnitCounts",
    "UnitEntries",
    "UnitSums",
    "Worth",
    "abroca",
    "advantage",
    "attack_rate",
    "attention",
    "attention_fairness",
    "attention_inequity",
    "auc_merit",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "between_groups",
    "between_groups_limits",
    "between_variance",
    "bootstrap_clusters",
    "bootstrap_counts",
    "bounded_mean",
    "cell_places",
    "chi_square",
    "clopper_pearson",
    "clustered_limits",
    "code_column",
    "code_items",
    "code_outcomes",
    "cohen_kappa",
    "cohens_h",
    "combined",
    "common_odds",
    "count_cells",
    "count_false_alarms",
    "count_outcomes",
    "count_pairs",
    "count_stream",
    "cramers_v",
    "critical_value",
    "deal_folds",
    "deal_hits",
    "deal_out",
    "delong",
    "delong_difference",
    "det_const_sort",
    "det_greedy",
    "detectable_difference",
    "detectable_excess",
    "detectable_gaps",
    "difference_limits",
    "difference_lows",
    "difference_z",
    "differential_fairness",
    "distinct_seen",
    "divergence_t",
    "draws_needed",
    "effective_pairs",
    "effective_size",
    "epsilon_of_rates",
    "equal_means_test",
    "equal_rates_test",
    "equal_unit_rates_test",
    "excess_risk",
    "expected_distinct",
    "expected_exposure",
    "extraction_chance",
    "family_level",
    "fisher_mid_p",
    "fit_logistic",
    "fleiss_kappa",
    "four_fifths",
    "gaussian_delta",
    "gaussian_epsilon",
    "gaussian_mu",
    "generalised_entropy",
    "gini",
    "group_means",
    "group_ratios",
    "group_totals",
    "growth_to_decide",
    "guess_plans",
    "gwet_ac1",
    "held_by",
    "holm",
    "imbalance",
    "impact_limits",
    "impact_ratios",
    "independence_test",
    "interchange",
    "interval_calibration_error",
    "interval_score",
    "join_outcomes",
    "js_divergence",
    "kl_divergence",
    "kolmogorov_distance",
    "kolmogorov_test",
    "koopman",
    "larger",
    "largest_bound",
    "largest_other",
    "log_ratio",
    "log_ratio_z",
    "long_tail",
    "look_up",
    "max_t",
    "mcnemar",
    "mean",
    "miettinen_nurminen",
    "model_against_readers",
    "negatives_needed",
    "neighbour_gaps",
    "net_benefit",
    "newcombe",
    "normal_crps",
    "normal_pit",
    "novelty_of",
    "one_against_rest",
    "one_run",
    "one_run_epsilon",
    "one_run_p_value",
    "outcomes_of",
    "outcomes_of_units",
    "own_units",
    "pair_slopes",
    "paired_difference",
    "paired_score",
    "paired_score_limits",
    "pit_distance",
    "places_of",
    "plain_where_possible",
    "positive_ratio",
    "random_gap_lows",
    "rank_exposure",
    "rarefy",
    "rate_values",
    "readers_twice",
    "resample_clusters",
    "resample_counts",
    "residual_risk",
    "resolution",
    "risk_coverage",
    "robust_error",
    "robust_freedom",
    "roc",
    "rows_for_difference",
    "search_slices",
    "selective",
    "served",
    "shannon_entropy",
    "share_merit",
    "share_of_totals",
    "share_ratio",
    "shares_of_sums",
    "shortfall",
    "sign_flip_tests",
    "skew_normal_exposure",
    "slice_effects",
    "sliceline_score",
    "slices_of",
    "smallest_mean_ratio",
    "smallest_ratio",
    "standardised",
    "standardised_shares",
    "streamed_median",
    "summarise",
    "target_exposure",
    "tellable",
    "telling",
    "tells_apart",
    "threshold_of",
    "top_precision",
    "total_variation",
    "tpr_at_fpr",
    "two_groups_p_value",
    "two_sided",
    "two_world_epsilon",
    "unevenness",
    "unit_independence_test",
    "untold",
    "wasserstein_distance",
    "welch_test",
    "widest",
    "widest_between",
    "widest_bounded_difference",
    "widest_difference",
    "widest_effect",
    "widest_mean_difference",
    "widest_on_scale",
    "widest_variation",
    "wilson",
    "withheld_parts",
]
