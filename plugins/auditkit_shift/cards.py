"""The metric cards of the checks of shift."""

from auditkit import MetricCard

INDEX, LARGEST = "population_stability_index", "largest_population_stability_index"
DISTANCE, MISSING = "ks_distance", "missing_rate_difference"
MMD, TELLING = "mmd_squared", "sample_telling_auc"
SCORES, SHARE, ESTIMATED = "score_ks_distance", "label_share_difference", "estimated_label_share_difference"

_REPRESENTS = "A shift says that rows differ, not that the model is worse for it, nor that the reference was right. "

_INDEX_FORMULA = (
    "sum over cells of (a - e) ln(a / e), a the audit's share and e the reference's; an empty cell is half a row"
)

COLUMN_CARDS = (
    MetricCard(
        name=INDEX,
        title="Population stability index",
        asks="How far is a column's distribution from that of the reference?",
        formula=_INDEX_FORMULA,
        source="Jeffreys (1946); Siddiqi (2006), Credit Risk Scorecards; its null, (1/n + 1/m) times chi squared, "
        "Yurdakul and Naranjo (2020), J. Risk Model Valid. 14(4); interval: that chi squared, non-central, inverted",
        better="lower",
        undefined="When a split has fewer than 30 known cells of the column.",
        misleads=_REPRESENTS + "The cut-offs of .1 and .25 are folklore: at a hundred rows chance alone passes .17.",
    ),
    MetricCard(
        name=LARGEST,
        title="Largest population stability index",
        asks="How far is the column that has moved most from the reference?",
        formula="the largest population stability index of all columns; " + _INDEX_FORMULA,
        source="as for one column; interval: the largest of the ends of all columns' intervals, which hold together",
        better="lower",
        undefined="When no column has 30 known cells in both splits.",
        misleads="Of many columns chance alone makes one large; read its interval, which knows how many there are.",
    ),
    MetricCard(
        name=DISTANCE,
        title="Kolmogorov and Smirnov's distance",
        asks="Of how many more rows than of the reference does the column lie below some value?",
        formula="the largest difference of the two empirical distribution functions",
        source="agrees with scipy.stats.ks_2samp; interval and p: Stephens (1970), J. R. Stat. Soc. B 32, 115-122",
        better="lower",
        undefined="When a split has fewer than 30 known cells of the column, or it holds categories.",
        misleads=_REPRESENTS + "It sees the middle of a distribution better than its tails.",
    ),
    MetricCard(
        name=MISSING,
        title="Difference of missing cells",
        asks="How many more cells of a column are missing than in the reference?",
        formula="the share missing among the audit rows - the share missing in the reference",
        source="interval: Newcombe's (1998), Stat. Med. 17, 873-890, at the effective sizes",
        better="target",
        undefined="Never: there is at least one row on either side.",
        misleads="Another way of writing that nothing is known, such as 0 or -1, is not seen as missing.",
    ),
)

JOINT_CARDS = (
    MetricCard(
        name=MMD,
        title="Squared maximum mean discrepancy",
        asks="How far do whole rows lie from those of the reference, what goes with what included?",
        formula="mean k(x, x') + mean k(y, y') - 2 mean k(x, y) over pairs of different rows; k(x, y) = "
        "exp(-|x - y|^2 / (2 s^2)), s the median distance",
        source="Gretton et al. (2012), J. Mach. Learn. Res. 13, 723-773, unbiased; p by permutation on one matrix; "
        "interval: a multiplier bootstrap of the distance, squared",
        better="lower",
        undefined="When a split has fewer than 30 rows.",
        misleads=_REPRESENTS + "Its size has no unit and depends on how columns are scaled: compare like with like.",
    ),
    MetricCard(
        name=TELLING,
        title="A classifier tells the splits apart",
        asks="How often would a classifier give an audit row the higher score, of one audit and one reference row?",
        formula="the area under the ROC curve of kernel ridge regression on the split, mean of 5 folds",
        source="Lopez-Paz and Oquab (2017), ICLR; interval: LeDell, Petersen and van der Laan (2015), Electron. J. "
        "Stat. 9, 1583-1607, no shorter than the permutations'",
        better="lower",
        undefined="When a split has fewer than 30 rows, or ten people.",
        misleads=_REPRESENTS + "A column that gives the split away, such as a date or a running number, makes it 1.",
    ),
)

PREDICTION_CARDS = (
    MetricCard(
        name=SCORES,
        title="Distance of the model's answers",
        asks="How differently does the model answer the audit rows than the reference rows?",
        formula="the largest difference of the empirical distribution functions of a score in the two splits",
        source="black-box shift detection: Lipton, Wang and Smola (2018), ICML; Rabanser, Guennemann and Lipton "
        "(2019), NeurIPS; interval: Stephens (1970)",
        better="lower",
        undefined="When a split has fewer than 30 rows.",
        misleads="A shift that the model does not react to leaves it at 0.",
    ),
    MetricCard(
        name=SHARE,
        title="Difference of a class's share",
        asks="How much more common is a class among the audit rows?",
        formula="share of the class among the audit rows with a target - the same of the reference rows",
        source="interval: Newcombe's (1998) at the effective sizes",
        better="target",
        undefined="It is left out where a split has fewer than 30 targets.",
        misleads="Precision, predictive values and calibration move with it though the model has not changed.",
    ),
    MetricCard(
        name=ESTIMATED,
        title="Difference of a class's share, from decisions alone",
        asks="If only how common classes are had changed, how much more common would a class be?",
        formula="q - p, where P(decision | class) q = P(decision) and p is the reference's share",
        source="black-box shift estimation: Lipton, Wang and Smola (2018), ICML; Rogan and Gladen (1978), Am. J. "
        "Epidemiol. 107, 71-76; interval: the delta method",
        better="target",
        undefined="When the reference lacks a class, or the model tells classes apart too little.",
        misleads="It assumes that within a class nothing has changed; where the measured share differs, something has.",
    ),
)

_FOLLOWED = (
    ("accuracy", "Accuracy", "How often is the model right?", "rows decided rightly / rows with a target", "higher"),
    (
        "roc_auc",
        "Area under the ROC curve",
        "How often does a positive row score above a negative one? By chance, half the time.",
        "P(score of a positive row > score of a negative row), ties half",
        "higher",
    ),
    (
        "mean_probability_error",
        "Mean probability less what came true",
        "By how much are probabilities too high on average?",
        "mean of p - y (calibration in the large, as a difference)",
        "target",
    ),
    (
        "mean_absolute_error",
        "Mean absolute error",
        "How far off is a prediction on average, in the target's own unit?",
        "mean of |predicted - true|",
        "lower",
    ),
    (
        "mean_error",
        "Mean error (bias)",
        "Does the model say too much, or too little, on average?",
        "mean of predicted - true",
        "target",
    ),
)
_FEW = "When fewer than two periods have people enough, and five of either class where an area is followed."
_MIX = "What else changed with time, such as who comes, changes it too: look at the shift of the columns."


def _cards() -> tuple[MetricCard, ...]:
    found = []
    for name, title, asks, formula, better in _FOLLOWED:
        found += [
            MetricCard(
                name=name,
                title=title,
                asks=asks,
                formula=formula + ", over the rows of one period",
                source="interval: Wilson's for shares, else Wald's from whole units' influence; all periods at once",
                better=better,
                undefined="Periods of fewer people than the policy's smallest group are left out.",
                misleads=_MIX,
            ),
            MetricCard(
                name=f"{name}_trend",
                title=f"{title}: change over all periods",
                asks=f"{asks} And how has that changed from the first period to the last?",
                formula="the rise of the weighted least-squares line through the periods, from the first to the last",
                source="for shares its test is Cochran and Armitage's: Armitage (1955), Biometrics 11, 375-386; "
                "interval: Wald's from the influence of whole units",
                better="target",
                undefined=_FEW,
                misleads="A line does not see a dip that mends itself. " + _MIX,
            ),
            MetricCard(
                name=f"{name}_period_gap",
                title=f"{title}: the worst period",
                asks=f"{asks} And how much worse is it in the worst period than in all others?",
                formula="the largest difference of one period from all other rows, in the direction that is worse",
                source="max-T over all periods: Hothorn, Bretz and Westfall (2008), Biom. J. 50, 346-363",
                better="lower",
                undefined=_FEW,
                misleads="Some period is always the worst: chance alone makes it larger the more periods there are. "
                + _MIX,
            ),
        ]
    return tuple(found)


PERIOD_CARDS = _cards()
