"""The metric cards of `fairness.four-fifths` and `fairness.tests`."""

from auditkit import MetricCard

FEW = "When fewer than two groups have the policy's smallest group size in every denominator."

FOUR_FIFTHS_CARDS = (
    MetricCard(
        name="selection_rate_ratio",
        title="Selection rate against the most selected group's",
        asks="How often is a group chosen, against the group that is chosen most?",
        formula="P(D = 1 | A = a) / max over the groups b of P(D = 1 | A = b)",
        source="29 CFR 1607.4(D); its smallest value is fairlearn.metrics.demographic_parity_ratio; interval by Donner "
        "and Zou (2012), Stat. Methods Med. Res. 21, 347-359, for all pairs of groups",
        better="higher",
        tolerance=0,
        undefined=FEW + " When nobody was selected in any of them: 0 / 0.",
        misleads="The rule's 0.8 is a rule of thumb, no test: few people cross it by chance, and many can differ for "
        "sure above it. It depends on which class is positive.",
    ),
)


def _effect(rate: str, words: str, given: str) -> MetricCard:
    return MetricCard(
        name=f"{rate}_effect_size",
        title=f"Effect size of the gap in {words} (Cohen's h)",
        asks=f"How large is the gap in {words}, on a scale on which shares near 0 and 1 count as much as others?",
        formula=f"max - min over the groups a of 2 asin(sqrt({given}))",
        source="Cohen (1988), Statistical Power Analysis, chapter 6; statsmodels' proportion_effectsize; interval from "
        "Wilson's limits by Zou and Donner (2008), Stat. Med. 27, 1693-1702",
        better="lower",
        undefined=FEW,
        misleads="What counts as small (.2), medium (.5) and large (.8) was said for psychology: a small effect on "
        "who is treated can be a large harm.",
    )


TESTS_CARDS = (
    _effect("selection_rate", "selection rates", "P(D = 1 | A = a)"),
    _effect("true_positive_rate", "true positive rates", "P(D = 1 | Y = 1, A = a)"),
    _effect("false_positive_rate", "false positive rates", "P(D = 1 | Y = 0, A = a)"),
)
