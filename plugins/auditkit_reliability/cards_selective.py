"""The metric cards of `reliability.selective`."""

from auditkit import MetricCard

_NONE = "When no row has a target. Of recorded labels without a score the check does not apply."
_AREA = "; interval: Wilson's at the size of the variance of the area's influence function, over rows or units"

CARDS = (
    MetricCard(
        name="aurc",
        title="Area under the risk-coverage curve",
        asks="How wrong is the model on average, whatever share of the rows it decides, the surest first?",
        formula="integral over coverage c in (0, 1] of (share wrong among the surest c); rows of equal confidence "
        "enter together, in between at random",
        source="Geifman & El-Yaniv (2017), NeurIPS 30; agrees with fd-shifts' aurc_achievable where no point is "
        "dominated" + _AREA,
        better="lower",
        undefined=_NONE,
        misleads="It gives much weight to the few surest rows, and it is small for every model that is seldom wrong, "
        "even where confidence tells nothing: then it equals the error.",
    ),
    MetricCard(
        name="excess_aurc",
        title="Excess area under the risk-coverage curve",
        asks="How far is the model's confidence from putting all of its errors last?",
        formula="AURC - (e + (1 - e) ln(1 - e)), with e the share wrong: what a perfect confidence would leave",
        source="Geifman, Uziel & El-Yaniv (2019), ICLR; agrees with fd-shifts' eaurc_achievable" + _AREA,
        better="lower",
        undefined=_NONE,
        misleads="No model reaches 0: where an outcome is a matter of chance, no confidence knows which rows go wrong.",
    ),
    MetricCard(
        name="augrc",
        title="Area under the generalised risk-coverage curve",
        asks="How often is a wrong decision made unnoticed, on average over all coverages?",
        formula="integral over coverage of (rows decided wrongly / all rows) = "
        "(1 - AUROC of confidence for right) e (1 - e) + e^2 / 2",
        source="Traub et al. (2024), NeurIPS 37, arXiv:2407.01032; agrees with fd-shifts' augrc" + _AREA,
        better="lower",
        undefined=_NONE,
        misleads="Where confidence tells nothing it is half of the error: a model that is seldom wrong looks good "
        "with any.",
    ),
    MetricCard(
        name="selective_error",
        title="Error among the rows decided",
        asks="How often is the model wrong about the rows that it is surest of?",
        formula="rows decided wrongly / rows decided, at the confidence at which the stated share of all rows is "
        "decided",
        source="the selective risk of Geifman & El-Yaniv (2017); interval: Wilson's, of several groups Clopper and "
        "Pearson's at once, the threshold taken as given",
        better="lower",
        undefined="When no row, or no row of the group, is decided.",
        misleads="The threshold was found on the same rows, so another sample decides another share. Who is left to "
        "people must be judged by somebody: a small error among few rows moves the work, and does not save it.",
    ),
    MetricCard(
        name="selective_error_difference",
        title="Error among the rows decided: difference",
        asks="Among the rows that the model is surest of, is it wrong about one group more often?",
        formula="largest less smallest error among the rows decided, over the groups",
        source="Jones et al. (2021), ICLR, arXiv:2010.14134; interval: Newcombe's for all pairs of groups",
        better="lower",
        undefined="When fewer than two groups have enough rows decided.",
        misleads="One threshold for all can leave most of one group to people: read it with the shares decided.",
    ),
    MetricCard(
        name="decided_share",
        title="Share decided by the model",
        asks="How much of a group does the model decide, and not leave to people?",
        formula="rows of the group that are decided / rows of the group that have a target",
        source="interval: Wilson's, of several groups Clopper and Pearson's at once, the threshold taken as given",
        better="higher",
        tolerance=0,
        undefined="When no row of the group has a target.",
        misleads="More is only better where what is decided is decided rightly.",
    ),
    MetricCard(
        name="decided_share_difference",
        title="Share decided by the model: difference",
        asks="Is one group left to people more often than another?",
        formula="largest less smallest share decided, over the groups",
        source="interval: Newcombe's for all pairs of groups",
        better="lower",
        undefined="When fewer than two groups have enough rows.",
        misleads="Groups whose cases are harder are rightly left to people more often.",
    ),
    MetricCard(
        name="abstention_benefit_difference",
        title="Benefit of abstaining: difference",
        asks="Does leaving unsure rows to people help one group less than another, and so widen the gap?",
        formula="for each group b = (error among all its rows) - (error among those decided); largest less smallest b",
        source="Jones et al. (2021), ICLR, arXiv:2010.14134; interval: Welch's for all pairs of groups, of the two "
        "errors over the same rows",
        better="lower",
        undefined="When fewer than two groups have enough rows decided.",
        misleads="The group that gains more may be the one that had the larger error: then the gap narrows. The "
        "curves by group show which.",
    ),
)
