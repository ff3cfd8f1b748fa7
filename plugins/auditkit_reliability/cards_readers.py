"""The metric cards of `reliability.readers`."""

from auditkit import MetricCard

_UNREAD = "When no row was read by both, or both say one and the same class of every row."
_KAPPA_INTERVAL = (
    "; interval: of the linearised variance, over people where units are named, on the logarithm of 1 - kappa, "
    "and below 100 rows no shorter than Clopper and Pearson's of the agreement"
)
_PANEL = (
    "Obuchowski & Rockette (1995), Commun. Stat. Simul. Comput. 24, with Hillis' (2007) degrees of freedom, "
    "Stat. Med. 26; agrees with RJafroc"
)
_PANEL_UNDEFINED = "When one reader alone is named, or all of them have read fewer than two rows of the kind."
_PANEL_MISLEADS = (
    "It is against the mean reader of this panel, reading as they did in the study: without the patient's history, or "
    "with time that a ward does not have. No difference found is no proof of equality: see the interval."
)

CARDS = (
    MetricCard(
        name="reader_kappa",
        title="Agreement with a reader",
        asks="How far does the model agree with this reader, beyond what chance would have them agree?",
        formula="(p_o - p_e) / (1 - p_e); p_o the share of rows where both say the same class (or how near they are, "
        'with distance = "linear" or "quadratic"), p_e the same of their classes drawn apart',
        source="Cohen (1960), Educ. Psychol. Meas. 20; (1968), Psychol. Bull. 70; variance: Fleiss, Cohen & Everitt "
        "(1969), Psychol. Bull. 72" + _KAPPA_INTERVAL,
        better="higher",
        undefined=_UNREAD,
        misleads="Where one class is rare kappa is low although both agree about nearly every row: see Gwet's AC1. To "
        "agree with a reader is not to be right.",
    ),
    MetricCard(
        name="panel_kappa",
        title="Agreement of the readers (Fleiss)",
        asks="How far do the readers agree with each other, beyond chance?",
        formula="(p_o - p_e) / (1 - p_e), over all pairs of readings of a row; p_e the sum of squared shares of "
        "the classes",
        source="Fleiss (1971), Psychol. Bull. 76; with missing readings, Gwet (2021), Educ. Psychol. Meas. 81; agrees "
        "with irrCAC" + _KAPPA_INTERVAL,
        better="higher",
        undefined="When no row has two readings, or all readings are of one class.",
        misleads="What readers do not agree about, no model can be right about in everybody's eyes.",
    ),
    MetricCard(
        name="panel_ac1",
        title="Agreement of the readers (Gwet)",
        asks="How far do the readers agree with each other, with a chance that a rare class does not inflate?",
        formula="(p_o - p_e) / (1 - p_e), with p_e = sum of pi (1 - pi) / (k - 1) over the k classes' shares pi",
        source="Gwet (2008), Br. J. Math. Stat. Psychol. 61; agrees with irrCAC" + _KAPPA_INTERVAL,
        better="higher",
        undefined="When no row has two readings.",
        misleads="It stays high where one class is rare, even if that class is never agreed about.",
    ),
    MetricCard(
        name="interchange_excess",
        title="Individual equivalence with the readers",
        asks="How much more often do two readers agree than the model and a reader do?",
        formula="mean over rows of (share of pairs of readers that agree) - (share of readers that agree with "
        "the model)",
        source="Obuchowski, Subhas & Schoenhagen (2014), Radiology 272; interval: t over rows, or people",
        better="lower",
        undefined="When fewer than two rows have two readings.",
        misleads="Below 0 the model is nearer to the readers than they are to each other: it may have learnt their "
        "habits, mistakes among them.",
    ),
    MetricCard(
        name="reader_sensitivity",
        title="Sensitivity of a reader",
        asks="Of the rows that have the condition, how many does this reader find?",
        formula="read as the class / rows of the class that were read",
        source="interval: Wilson's, at the effective size where units are named",
        better="higher",
        undefined="When the reader read no row of the class.",
        misleads="The target is taken as the truth: where it was made of the same readings, a reader is held against "
        "themselves.",
    ),
    MetricCard(
        name="reader_specificity",
        title="Specificity of a reader",
        asks="Of the rows without the condition, how many does this reader leave alone?",
        formula="not read as the class / rows of other classes that were read",
        source="interval: Wilson's, at the effective size where units are named",
        better="higher",
        undefined="When the reader read no row of another class.",
        misleads="The target is taken as the truth: where it was made of the same readings, a reader is held against "
        "themselves.",
    ),
    MetricCard(
        name="sensitivity_against_readers",
        title="Sensitivity against the panel",
        asks="Does the model find more or fewer of those with the condition than the readers do on average?",
        formula="the model's sensitivity - the mean of the readers', on the rows that all have read",
        source=_PANEL,
        better="higher",
        undefined=_PANEL_UNDEFINED,
        misleads=_PANEL_MISLEADS,
    ),
    MetricCard(
        name="specificity_against_readers",
        title="Specificity against the panel",
        asks="Does the model leave more or fewer of those without the condition alone than the readers do on average?",
        formula="the model's specificity - the mean of the readers', on the rows that all have read",
        source=_PANEL,
        better="higher",
        undefined=_PANEL_UNDEFINED,
        misleads=_PANEL_MISLEADS,
    ),
)
