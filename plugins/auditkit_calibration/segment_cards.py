"""The metric card of `calibration.multicalibration`."""

from auditkit import MetricCard

SEGMENT_CARDS = (
    MetricCard(
        name="multicalibration_error",
        title="Multicalibration error",
        asks="By how much do probabilities differ from how often they come true, in the segment where it shows most?",
        formula="max over segments s of E_s sqrt(w_s v / v_s); E_s is the cumulative calibration error of the "
        "segment's rows (ECCE-R: the largest less the smallest of 0 and the sums, from the lowest score up to each "
        "score, of outcome less probability, over the sum of weights), w_s its share of the rows, v and v_s the mean "
        "of p (1 - p) over all rows and over the segment's, v_s at least v / 25",
        source="Guy et al. (2025), arXiv:2506.11251 (MCGrad's MCE); cumulative errors: Arrieta-Ibarra et al. (2022), "
        "JMLR 23(351); interval: each segment's error, give or take what chance reaches in the largest of all "
        "segments, in outcomes drawn from the probabilities (max-T: Westfall & Young 1993)",
        better="lower",
        undefined="When no row has a target, or no group is large enough. Scores that are no probabilities cannot be "
        "calibrated: then it does not apply.",
        misleads="A segment counts by the root of its share of the rows: a group of one row in a hundred that is off "
        "by 0.3 counts 0.03; the tables tell each segment's own error. It is a maximum, and so above 0 for a "
        "calibrated model too: read the interval, and what chance alone would show. Only the declared attributes, "
        "their crossings and bands of scores are looked at; what goes wrong elsewhere is not seen.",
    ),
)
