"""The metric cards of auditors: models and groups that are learnt on one half of the people and judged on the other."""

from auditkit import MetricCard

HIDDEN_RESIDUAL = MetricCard(
    name="worst_decile_residual",
    title="Residual in the tenth of the people for whom an auditor expects most",
    asks="Where a second model, that is taught where the first one is wrong, expects most error: how much is there?",
    formula="median over random splits of: mean of sign(h) (y - p) over the tenth of half B with the largest |h|; h "
    "is the mean of a tree of three questions and a ridge regression, both taught y - p on half A; y is 1 or 0, p what "
    "the model said of it",
    source="Kim, Ghorbani and Zou (2019), Multiaccuracy, AIES, 247-254; repeated splits, medians of p-values and of "
    "the ends of intervals at half the error: Meinshausen, Meier and Buehlmann (2009), J. Am. Stat. Assoc. 104, "
    "1671-1681",
    better="lower",
    undefined="When fewer than a hundred people have a target, or the scores are no probabilities.",
    misleads="About 0 says that a shallow tree and a line find nothing in these columns, not that there is nothing to "
    "find. Above 0 says that the probabilities are off for people who can be told by these columns; which they are "
    "stands in the tree's leaf.",
)

AUDITOR_CARDS = (HIDDEN_RESIDUAL,)


LINE_CARDS = (
    MetricCard(
        name="linear_group_selection_violation",
        title="Statistical parity violation of the worst linear group",
        asks="How unevenly are people selected, on either side of a line through what is known of them?",
        formula="share of all rows that are of these and in g, times (rate in g - rate of all) among these, on the "
        "half that did not pick g, mean of both halves; g is the side of a line (a weighted sum of the "
        "columns' parts, by least squares) and of a threshold on it where this is largest on the other half. "
        "These are all rows, and the rate is how many are selected.",
        source="Kearns, Neel, Roth and Wu (2018), ICML, 2569-2577, definitions 2.1 and 2.2; cross-fitting: "
        "Chernozhukov et al. (2018), Econom. J. 21, C1-C68; interval: Student's, over rows or units, the ends "
        "averaged",
        better="lower",
        undefined="When a half has fewer than fifty people, or nobody or everybody is selected.",
        misleads="It is weighted by the group's share: half the people off by 0.02 count as a tenth of them off by "
        "0.1. Least squares is a heuristic for a search that is hard: another line may do worse.",
    ),
    MetricCard(
        name="linear_group_false_positive_violation",
        title="False positive violation of the worst linear group",
        asks="How unevenly are false alarms spread, on either side of a line through what is known of people?",
        formula="share of all rows that are of these and in g, times (rate in g - rate of all) among these, on the "
        "half that did not pick g, mean of both halves; g is the side of a line (a weighted sum of the "
        "columns' parts, by least squares) and of a threshold on it where this is largest on the other half. "
        "These are the rows without the class, and the rate is how many are selected all the same.",
        source="Kearns, Neel, Roth and Wu (2018), ICML, 2569-2577, definitions 2.1 and 2.2; cross-fitting: "
        "Chernozhukov et al. (2018), Econom. J. 21, C1-C68; interval: Student's, over rows or units, the ends "
        "averaged",
        better="lower",
        undefined="When a half has fewer than fifty people without the class, or there are no false alarms.",
        misleads="It is weighted by the group's share: half the people off by 0.02 count as a tenth of them off by "
        "0.1. Least squares is a heuristic for a search that is hard: another line may do worse.",
    ),
)
