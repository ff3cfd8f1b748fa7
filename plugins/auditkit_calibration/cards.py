"""The metric cards of `calibration.error`: what each number is, where it comes from, and when it misleads."""

from auditkit import MetricCard

_UNDEFINED = "When no row has a target. Scores that are no probabilities cannot be calibrated: then it does not apply."

CUMULATIVE_CARD = MetricCard(
    name="cumulative_calibration_error",
    title="Cumulative calibration error",
    asks="By how much, of all rows, do outcomes differ from what was said, in the stretch of scores where most?",
    formula="ECCE-R: the largest less the smallest of 0 and the sums, from the lowest score up to each score, of "
    "outcome less probability, over the sum of weights; sums are looked at where a score ends",
    source="Arrieta-Ibarra et al. (2022), JMLR 23(351); agrees with MCGrad's ecce; interval: the value, give or "
    "take the 95% point of the range of Brownian motion (Feller 1951), times the standard error",
    better="lower",
    undefined=_UNDEFINED,
    misleads="It is above 0 for a calibrated model too, by about 1.6 standard errors: read the interval. An error "
    "in few rows counts little, however large it is there.",
)

CARDS = (
    MetricCard(
        name="smooth_calibration_error",
        title="Smooth calibration error",
        asks="By how much do probabilities differ from how often they come true, without bins?",
        formula="the s at which the integral over t in [0, 1] of |r_s(t)| equals s; r_s(t) = mean over rows of "
        "(y - p) K_s(t, p), with K_s the Gaussian kernel of width s, reflected at 0 and 1",
        source="Blasiok & Nakkiran (2023), arXiv:2309.12236; interval: the value, give or take what noise alone can "
        "reach at that width, by a Gaussian multiplier bootstrap",
        better="lower",
        undefined=_UNDEFINED,
        misleads="It is right on average over everybody: a model can be calibrated over all rows, too high for one "
        "group and too low for another. A model that gives everybody the same score c has error |mean y - c|, "
        "which can be 0 and tells nobody apart. In a small sample a calibrated model, too, shows some error.",
    ),
    MetricCard(
        name="expected_calibration_error",
        title="Expected calibration error",
        asks="By how much do probabilities differ from how often they come true, bin by bin?",
        formula="sum over bins of (rows in the bin / rows) |share that came true - mean score|; bins of equal width, "
        "each closed below and open above, the last closed",
        source="Naeini, Cooper & Hauskrecht (2015), AAAI 29, 2901-2907; interval as for the smooth calibration error",
        better="lower",
        undefined=_UNDEFINED,
        misleads="It depends on the number of bins, jumps when a score crosses an edge, and is biased upwards: a "
        "calibrated model has an error above 0, the more so the more bins and the fewer rows. Within a bin, scores "
        "that are too high and too low cancel out. Being right on average, it says nothing of groups.",
    ),
    MetricCard(
        name="equal_mass_calibration_error",
        title="Expected calibration error, bins of equal mass",
        asks="By how much do probabilities differ from how often they come true, in bins of as many rows each?",
        formula="as the expected calibration error, over bins that hold equal parts of the rows; rows with one score "
        "stay together",
        source="Nixon et al. (2019), CVPR workshops, 38-41; interval as for the smooth calibration error",
        better="lower",
        undefined=_UNDEFINED,
        misleads="As the expected calibration error it is biased upwards. Where most scores are near 0 or 1 it looks "
        "there most closely, and hardly at the middle where decisions may be made.",
    ),
    CUMULATIVE_CARD,
)
