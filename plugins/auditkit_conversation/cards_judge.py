"""The metric cards of the judge."""

from auditkit import MetricCard

_LABELS = "People's labels are taken for the truth, and to be of answers drawn at random: of picked ones they mislead."
_EXACT = "interval: Clopper-Pearson (1934), at the effective size where rows share a prompt or a unit"

JUDGE = (
    MetricCard(
        name="judged_good_rate",
        title="Good answers, by a judge corrected by people",
        asks="How many answers are good, by a judge whose mistakes people have measured?",
        formula="(share of verdicts that say good + specificity - 1) / (sensitivity + specificity - 1), within 0 and 1",
        source="Rogan and Gladen (1978), Am. J. Epidemiol. 107, 71-76; interval: from the ends of three "
        "Clopper-Pearson intervals that hold at once, by Bonferroni",
        better="higher",
        undefined="When people labelled too few answers, or the agreement is not shown to reach least_agreement, or "
        "the judge may be no better than a coin.",
        misleads=_LABELS,
    ),
    MetricCard(
        name="judge_kappa",
        title="Agreement of the judge with people (Cohen)",
        asks="How far do the judge and people agree, beyond what chance would have them agree?",
        formula="(p_o - p_e) / (1 - p_e) over answers that both have labelled",
        source="Cohen (1960), Educ. Psychol. Meas. 20; interval as in reliability.readers",
        better="higher",
        undefined="When no answer was labelled by both, or both always say the same.",
        misleads=_LABELS + " Where nearly all answers are good kappa is low: see Gwet's AC1.",
    ),
    MetricCard(
        name="judge_ac1",
        title="Agreement of the judge with people (Gwet)",
        asks="How far do the judge and people agree, with a chance that a rare verdict does not inflate?",
        formula="(p_o - p_e) / (1 - p_e), with p_e = 2 pi (1 - pi), pi the share of good over both",
        source="Gwet (2008), Br. J. Math. Stat. Psychol. 61; interval as in reliability.readers",
        better="higher",
        undefined="When no answer was labelled by both.",
        misleads=_LABELS + " It stays high where bad answers are rare, even if the judge finds none of them.",
    ),
    MetricCard(
        name="judge_sensitivity",
        title="Sensitivity of the judge",
        asks="Of the answers that people find good, how many does the judge?",
        formula="answers that both find good / answers that people find good and the judge has seen",
        source=_EXACT,
        better="higher",
        undefined="When people found no such answer good.",
        misleads=_LABELS,
    ),
    MetricCard(
        name="judge_specificity",
        title="Specificity of the judge",
        asks="Of the answers that people find bad, how many does the judge?",
        formula="answers that both find bad / answers that people find bad and the judge has seen",
        source=_EXACT,
        better="higher",
        undefined="When people found no such answer bad.",
        misleads=_LABELS,
    ),
)
