"""The metric cards of `calibration.remedies`."""

from auditkit import MetricCard

LOSS, BRIER, ERROR, RIGHT = (
    "recalibrated_log_loss", "recalibrated_brier_score", "recalibrated_calibration_error", "recalibrated_accuracy",
)  # fmt: skip
LOSS_CHANGE, BRIER_CHANGE, ERROR_CHANGE, RIGHT_CHANGE = (
    f"{metric}_difference" for metric in (LOSS, BRIER, ERROR, RIGHT)
)
AREA_CHANGE, OTHERWISE = "recalibrated_auc_difference", "recalibrated_decisions_changed"

_FITTED = "the map is fitted by steps that end below 1e-10, a hundredth of this"
_TOO_FEW = (
    "When there are fewer than 100 people with a target, or fewer than 20 rows outside the commonest class; of a label "
    "fewer than 20 with it, or without it."
)
_CROSSED = (
    "It is what such a map would do, fitted to four fifths of these rows and tried on the fifth that it never saw; at "
    "most 20,000 rows are tried, of many labels fewer. Nobody has recalibrated the model: a map that is put to use "
    "wants an audit of its own."
)
_PAIRED = (
    "interval: Student's of the differences, with twice their variance, since rows that are judged are fitted to as "
    "well; Bonferroni over the remedies, of several labels over those of all"
)

CARDS = (
    MetricCard(
        name=LOSS,
        title="Log loss after recalibration",
        asks="How much would the probabilities be worth?",
        formula="mean of -ln p of the true class, p from a map fitted to the other folds; a p below 1e-15 is taken so",
        source="interval: Student's, over units where rows share them",
        better="lower",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_TOO_FEW,
        misleads=_CROSSED,
    ),
    MetricCard(
        name=LOSS_CHANGE,
        title="Change of the log loss by recalibration",
        asks="How much more would the probabilities be worth?",
        formula="recalibrated_log_loss with the map less that of the answers as they are, of the same rows",
        source=_PAIRED,
        better="lower",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_TOO_FEW,
        misleads=_CROSSED + " A few rows that were given nearly 0 and came true can make most of it.",
    ),
    MetricCard(
        name=BRIER,
        title="Brier score after recalibration",
        asks="How far would the probabilities be from what came true?",
        formula="mean over rows of the sum over classes of (p - y)^2, of two classes half of it, p as above",
        source="interval: Student's, over units where rows share them",
        better="lower",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_TOO_FEW,
        misleads=_CROSSED,
    ),
    MetricCard(
        name=BRIER_CHANGE,
        title="Change of the Brier score by recalibration",
        asks="How much nearer would the probabilities be to what came true?",
        formula="recalibrated_brier_score with the map less that of the answers as they are, of the same rows",
        source=_PAIRED,
        better="lower",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_TOO_FEW,
        misleads=_CROSSED,
    ),
    MetricCard(
        name=ERROR,
        title="Smooth calibration error after recalibration",
        asks="How far would the probabilities be from how often they come true?",
        formula="smooth_calibration_error of the new probabilities: of two classes of the positive one, of several of "
        "the likeliest, of labels of each",
        source="Blasiok & Nakkiran (2023), arXiv:2309.12236; interval: as for smooth_calibration_error",
        better="lower",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_TOO_FEW + " Of a group: when it has fewer people than the policy's smallest group, or than ten.",
        misleads=_CROSSED + " The folds' maps are off in opposite directions, which partly cancels out: the value "
        "flatters, and the interval is made wide enough for it. Judge by the change of the log loss.",
    ),
    MetricCard(
        name=ERROR_CHANGE,
        title="Change of the smooth calibration error by recalibration",
        asks="How much nearer would the probabilities be to how often they come true?",
        formula="recalibrated_calibration_error with the map less that of the answers as they are, of the same rows",
        source="interval: the value, give or take what the noise of both can reach together, by a Gaussian multiplier "
        "bootstrap with the same multipliers; Bonferroni over the remedies, of several labels over those of all",
        better="lower",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_TOO_FEW,
        misleads=_CROSSED + " Its interval is wide: a bootstrap of the change itself is short and wrong near 0.",
    ),
    MetricCard(
        name=RIGHT,
        title="Accuracy after recalibration",
        asks="How often would the model be right?",
        formula="rows decided rightly / rows, by [data] threshold where there is one",
        source="interval: Wilson's, at the effective size of rows with weights or units",
        better="higher",
        undefined=_TOO_FEW,
        misleads=_CROSSED,
    ),
    MetricCard(
        name=RIGHT_CHANGE,
        title="Change of accuracy by recalibration",
        asks="Would the model be right less often?",
        formula="recalibrated_accuracy with the map less that of the answers as they are, of the same rows",
        source="a temperature without a threshold, or of labels at 0.5, leaves every decision as it is: 0, without "
        "error; interval else: Newcombe (1998), method 10, paired; with weights or units Student's of the differences; "
        "Bonferroni",
        better="higher",
        undefined=_TOO_FEW,
        misleads=_CROSSED,
    ),
    MetricCard(
        name=AREA_CHANGE,
        title="Change of the area under the ROC curve by recalibration",
        asks="Would the model tell the classes apart less well?",
        formula="area with the map less area of the answers as they are, of the same rows",
        source="DeLong, DeLong & Clarke-Pearson (1988), paired; Bonferroni over the remedies, of several labels over "
        "those of all",
        better="higher",
        undefined=_TOO_FEW + " Of more than two classes, of which one is right, it is not measured.",
        misleads=_CROSSED + " One map changes no order; five maps, one for each fold, change it a little. A rising "
        "curve has steps, on which people who were told apart are told the same.",
    ),
    MetricCard(
        name=OTHERWISE,
        title="Rows decided otherwise after recalibration",
        asks="For how many people would the decision be another?",
        formula="rows whose decision is another with the map / rows",
        source="a temperature without a threshold, or of labels at 0.5, leaves every decision as it is: 0, without "
        "error; interval else: Wilson's, at the effective size of rows with weights or units",
        better="lower",
        undefined=_TOO_FEW,
        misleads=_CROSSED + " At a threshold that was chosen for the old probabilities other decisions are no harm by "
        "themselves: see how often they are right.",
    ),
)
