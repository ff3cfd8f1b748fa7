"""The metric cards of the checks of copies, of leakage and of label noise."""

from auditkit import MetricCard

EXACT, NEAR, INDEPENDENT, CONTRADICTIONS = (
    "duplicate_rate", "near_duplicate_rate", "independent_row_share", "contradiction_rate",
)  # fmt: skip
LEAKED, LEAKED_NEAR, LEAKED_UNITS = "exact_leakage_rate", "near_leakage_rate", "unit_leakage_rate"
LEAKED_SITES, LEAKED_ITEMS, EARLIER = "site_leakage_rate", "leaked_interaction_rate", "earlier_row_rate"
FROM_LEAKS = "accuracy_from_leakage"
LARGEST_AREA, SINGLE_AREA = "largest_single_column_auc", "single_column_auc"
NOISE, EXCESS, CONFIDENCE, MARGIN = (
    "likely_wrong_label_rate", "excess_wrong_label_rate", "mean_self_confidence", "mean_normalised_margin",
)  # fmt: skip

_NEAR = (
    "texts: .8 of their phrases (Jaccard); pictures: perceptual hashes that differ in at most 4 of 64 bits, "
    "and grey that correlates by .95; numbers: "
    "within the tolerance; all else spelt alike"
)
_GROUPS = "Between groups: the widest difference, over all pairs."
_OF_CHANCE = "When columns hold so few different values that one row in twenty would have a copy by chance."


def _rate(
    name: str, title: str, asks: str, formula: str, source: str, undefined: str, misleads: str
) -> list[MetricCard]:
    """A rate and its widest difference between groups."""
    return [
        MetricCard(
            name=name, title=title, asks=asks, formula=formula, source=source, better="lower", undefined=undefined,
            misleads=misleads,
        ),
        MetricCard(
            name=f"{name}_difference", title=f"{title}: difference between groups",
            asks=f"{asks} And how far do groups lie apart in it?",
            formula=f"the largest difference between two groups of: {formula}",
            source=f"{source}; all pairs at once: Bonferroni", better="lower",
            undefined="When fewer than two groups are large enough to compare.", misleads=misleads,
        ),
    ]  # fmt: skip


_COPIES = "A person who was seen twice is no mistake; name units, and look at who the copies are."
_WILSON = "interval: Wilson's, over clusters of copies where there are any"

COPY_CARDS = (
    *_rate(
        EXACT, "Exact copies", "How many rows are given to the model more than once?",
        "rows that have the same inputs as another row / rows", _WILSON, _OF_CHANCE, _COPIES,
    ),
    *_rate(
        NEAR, "Exact and near copies", "How many rows are the same as another one, or nearly?",
        f"rows that have an exact or near copy / rows; near: {_NEAR}",
        f"Broder (1997), SEQUENCES, 21-29; Zauner (2010), Hagenberg; candidates are compared in full; {_WILSON}",
        _OF_CHANCE, "Forms that are filled in from a template are near copies, and may be of different people.",
    ),
    *_rate(
        CONTRADICTIONS, "Contradictions", "How many rows have a copy whose target is another one?",
        "rows with an exact copy that has another target / rows with a target", _WILSON, _OF_CHANCE,
        "Where the inputs do not decide the outcome, contradictions are honest, and bound how right a model can be.",
    ),
    MetricCard(
        name=INDEPENDENT, title="Rows that are left when copies count once",
        asks="How many of the rows say something of their own?",
        formula="clusters of exact and near copies / rows; near copies of near copies are of one cluster",
        source="a count, without sampling error", better="higher",
        undefined="Never: there is at least one row.",
        misleads="Chains of near copies can join rows that are not alike. It is no test of dependence otherwise.",
        tolerance=0,
    ),
)  # fmt: skip

_EXACTLY = "interval: Clopper and Pearson (1934), Biometrika 26, 404-413; over units or with weights: Wilson's"
_NAMED = "When it is not known of both the audit and the training rows."

LEAKAGE_CARDS = (
    *_rate(
        LEAKED, "Audit rows that are training rows", "How many audit rows was the model trained on?",
        "audit rows with the same inputs as a training row / audit rows", _EXACTLY, f"{_NAMED} {_OF_CHANCE}",
        "Training rows that the spec does not name are not looked at.",
    ),
    *_rate(
        LEAKED_NEAR, "Audit rows that are nearly training rows",
        "How many audit rows was the model trained on, or on a row that is nearly the same?",
        f"audit rows with an exact or near copy among the training rows / audit rows; near: {_NEAR}",
        f"Broder (1997), SEQUENCES, 21-29; Zauner (2010), Hagenberg; {_EXACTLY}", f"{_NAMED} {_OF_CHANCE}",
        "Paraphrases, crops and other pictures of the same person are not seen.",
    ),
    *_rate(
        LEAKED_UNITS, "Audit rows of people who were trained on",
        "How many audit rows are of people of whom the model has seen others?",
        "audit rows whose unit has training rows / audit rows", _EXACTLY, "It is left out where no units are named.",
        "One person under two names is two. Where the same people will come again in use, it is no fault.",
    ),
    *_rate(
        LEAKED_SITES, "Audit rows of sites that were trained on",
        "How many audit rows are of sites of which the model has seen others?",
        "audit rows whose site has training rows / audit rows with a site", _EXACTLY,
        "It is left out where no site is named.",
        "It is a fault only where the model is to be used at new sites.",
    ),
    *_rate(
        LEAKED_ITEMS, "Audited interactions that were trained on",
        "How much of what is to be foretold was the recommender told?",
        "mean over users of: audited items that the user has in the training / audited items of the user",
        "interval: Wilson's, of a mean", "It is left out but for recommenders.",
        "Where users come back to the same items, repeats are honest.",
    ),
    *_rate(
        EARLIER, "Audit rows that are earlier than training rows",
        "How many audit rows were there before the last row that the model was trained on?",
        "audit rows with a time before the last training row's / audit rows with a time", _EXACTLY, _NAMED,
        "Rows that were drawn at random are not in order; then it is no test of how the model does later.",
    ),
    MetricCard(
        name=FROM_LEAKS, title="Accuracy that is owed to leaked rows",
        asks="By how much is the measured accuracy higher, or lower, for rows and people that the model has seen?",
        formula="accuracy of all rows - accuracy of rows that do not leak = share that leaks x (accuracy of rows that "
        "leak - accuracy of others)",
        source="interval: Newcombe's (1998) of the difference between the two kinds of rows, times the share",
        better="target", undefined="When all rows leak. Where none does it is 0, without doubt.",
        misleads="Leaked rows can be easier or harder for other reasons than that they were seen.",
    ),
)  # fmt: skip

_AREA = "the area under the ROC curve, or 1 less it, of the column's numbers; of categories, of how often the class "
_FITTED = "comes with them in four fifths of the other rows; or of whether a cell is missing; the largest of these"
_DELONG = "DeLong, DeLong and Clarke-Pearson (1988), Biometrics 44, 837-845; all columns and classes at once"
_HONEST = "A column may be honest and simply tell: somebody who knows what it means must say when it is known."

TARGET_CARDS = (
    MetricCard(
        name=LARGEST_AREA, title="The column that tells the target best",
        asks="How well does the best single column tell the target?", formula=f"largest over columns: {_AREA}{_FITTED}",
        source=_DELONG, better="lower", misleads=_HONEST,
        undefined="When there are fewer than ten rows of a class, or no column varies.",
    ),
    MetricCard(
        name=SINGLE_AREA, title="How well a column alone tells the target",
        asks="How well does this column tell the target, without all others?", formula=f"{_AREA}{_FITTED}",
        source=_DELONG, better="lower", misleads=_HONEST,
        undefined="It is left out of texts, pictures and columns that do not vary.",
    ),
)  # fmt: skip

_SUSPICION = "A wrong model makes right labels look wrong, and unlikely outcomes look wrong too: it is suspicion."
_LEARNT = "Northcutt, Jiang and Chuang (2021), J. Artif. Intell. Res. 70, 1373-1411; agrees with cleanlab's "
_TOO_FEW = "When nobody of a group has a target, and it is no training row."

NOISE_CARDS = (
    *_rate(
        NOISE, "Targets that are likely wrong", "Of how many rows does the model speak against the target?",
        "rows of which the model is confident of another class than the target / rows; confident: the probability is "
        "at least the mean probability of the class among rows that have it as their target",
        _LEARNT + "find_label_issues(filter_by='confident_learning')", _TOO_FEW, _SUSPICION,
    ),
    MetricCard(
        name=EXCESS, title="Targets that are likely wrong, beyond the model's own doubt",
        asks="How many more targets look wrong than if all had been drawn from the model's probabilities?",
        formula="likely wrong targets - mean share of them where each target is drawn from the model's probabilities",
        source="a simulation of 20 draws; interval: that of the share, less their mean", better="lower",
        undefined=_TOO_FEW,
        misleads=_SUSPICION + " A model that is surer than it should be leaves an excess without any wrong target.",
    ),
    MetricCard(
        name=CONFIDENCE, title="Self-confidence", asks="How likely does the model find the targets, on average?",
        formula="mean probability of the row's own target", better="higher", undefined=_TOO_FEW,
        source=_LEARNT + "get_label_quality_scores(method='self_confidence'); interval: Wilson's, of a mean",
        misleads=_SUSPICION,
    ),
    MetricCard(
        name=MARGIN, title="Normalised margin",
        asks="How much likelier does the model find the targets than the next class, on average?",
        formula="mean of (probability of the target - the largest of another class + 1) / 2", better="higher",
        source=_LEARNT + "get_label_quality_scores(method='normalized_margin'); interval: Wilson's, of a mean",
        undefined=_TOO_FEW, misleads=_SUSPICION,
    ),
)  # fmt: skip
