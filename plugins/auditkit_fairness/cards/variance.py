"""The metric cards of `fairness.variance`."""

from auditkit import MetricCard


def _variance(rate: str, words: str, given: str) -> MetricCard:
    return MetricCard(
        name=f"{rate}_variance",
        title=f"Variance between groups in {words}",
        asks=f"How much do groups truly vary in {words}, beyond what small samples vary by?",
        formula=f"variance over the k groups a of p_a = {given}, divided by k - 1, less the mean of "
        "p_a (1 - p_a) / (n_a - 1); 0 where that is below 0",
        source="Lum, Zhang and Bower (2022), FAccT, doi:10.1145/3531146.3533105; interval: the middle of replicates "
        "drawn from the shares, corrected twice; below 0 it is cut off, as the value is",
        better="lower",
        undefined="When fewer than three groups have the policy's smallest group size in the denominator.",
        misleads="Every group counts the same, however large. It is a squared share: .01 is a standard deviation of 10 "
        "percentage points. One group that is treated very differently is lost among many that are treated alike.",
    )


VARIANCE_CARDS = (
    _variance("selection_rate", "selection rates", "P(D = 1 | A = a)"),
    _variance("true_positive_rate", "true positive rates", "P(D = 1 | Y = 1, A = a)"),
    _variance("false_positive_rate", "false positive rates", "P(D = 1 | Y = 0, A = a)"),
)
