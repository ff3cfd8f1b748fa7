"""The metric cards of `performance.overall`: what each number is, where it comes from, and when it misleads."""

from auditkit import MetricCard

CARDS = (
    MetricCard(
        name="accuracy",
        title="Accuracy",
        asks="How often is the model right?",
        formula="P(D = Y): rows decided rightly / rows with a target",
        source="sklearn.metrics.accuracy_score; interval: Wilson (1927)",
        better="higher",
        tolerance=0,
        undefined="When no row has a target.",
        misleads="Where one class is rare, always answering the other is accurate and useless.",
    ),
    MetricCard(
        name="roc_auc",
        title="Area under the ROC curve",
        asks="How often does a positive row score above a negative one? By chance, half the time.",
        formula="P(S+ > S-) + P(S+ = S-) / 2, for the scores of a positive and a negative row taken at random",
        source="Hanley and McNeil (1982), Radiology 143, 29-36; sklearn.metrics.roc_auc_score; "
        "interval: DeLong et al. (1988), on the logit scale; under 100 of a class widened to Newcombe (2006)",
        better="higher",
        undefined="When there are fewer than 10 positives or negatives, whose ranks it would give away, or when only "
        "labels were recorded.",
        misleads="It looks at all thresholds, also those at which nobody would decide, and not at what the scores "
        "mean.",
    ),
    MetricCard(
        name="brier_score",
        title="Brier score",
        asks="How far are the probabilities from what happened?",
        formula="mean over rows of sum over classes of (p - y)^2, halved for two classes",
        source="Brier (1950), Mon. Weather Rev. 78, 1-3; sklearn.metrics.brier_score_loss",
        better="lower",
        undefined="When no row has a target, or when the scores are not probabilities.",
        misleads="Where positives are rare, answering the base rate for everybody already scores low: compare "
        "it with that.",
    ),
    MetricCard(
        name="log_loss",
        title="Log loss (cross-entropy)",
        asks="How surprised is the model by what happened?",
        formula="mean over rows of -ln p(true class), with p no smaller than 1e-15",
        source="sklearn.metrics.log_loss; Good (1952), J. R. Stat. Soc. B 14, 107-114",
        better="lower",
        undefined="When no row has a target, or when the scores are not probabilities.",
        misleads="One row that was given probability 0 and was true weighs as much as fifty that were plainly wrong.",
    ),
    MetricCard(
        name="true_positive_rate",
        title="True positive rate (sensitivity)",
        asks="Of those who are positive, how many does the model find?",
        formula="P(D = 1 | Y = 1): the recall of a class, its rows that were found / its rows",
        source="sklearn.metrics.recall_score; interval: Wilson (1927)",
        better="higher",
        tolerance=0,
        undefined="When no row is of the class.",
        misleads="It says nothing of false alarms: giving everybody the class finds every row of it.",
    ),
    MetricCard(
        name="precision",
        title="Precision (positive predictive value)",
        asks="Of those whom the model calls positive, how many are?",
        formula="P(Y = 1 | D = 1): rows of the class among those given it that have a target",
        source="sklearn.metrics.precision_score; interval: Wilson (1927)",
        better="higher",
        tolerance=0,
        undefined="When no row with a target was given the class.",
        misleads="It follows the share of the class in the data, so it does not carry over to other data: where the "
        "class is rare it falls, even for an equally good model.",
    ),
)
