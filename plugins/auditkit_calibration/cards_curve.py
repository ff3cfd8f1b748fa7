"""The metric cards of `calibration.curve`."""

from auditkit import MetricCard

_SOURCE = (
    "Dimitriadis, Gneiting & Jordan (2021), PNAS 118, e2016191118 (CORP), by isotonic regression; interval: basic, by "
    "a wild bootstrap over units, which takes off what the fitted curve makes of chance"
)
_UNDEFINED = "When no row has a target."

CURVE_CARDS = (
    MetricCard(
        name="brier_miscalibration",
        title="Miscalibration part of the Brier score",
        asks="How much better would the Brier score be, were the probabilities recalibrated?",
        formula="Brier score of the probabilities - Brier score of the rising curve that fits best; Brier score = "
        "miscalibration - discrimination + uncertainty",
        source=_SOURCE,
        better="lower",
        undefined=_UNDEFINED,
        misleads="The curve is fitted to the rows that it is judged on: a calibrated model, too, shows more than 0, "
        "the more the fewer rows.",
    ),
    MetricCard(
        name="brier_discrimination",
        title="Discrimination part of the Brier score",
        asks="How much do the probabilities tell beyond the share of all rows that come true?",
        formula="Brier score of that share, given to everybody - Brier score of the rising curve that fits best",
        source=_SOURCE,
        better="higher",
        undefined=_UNDEFINED,
        misleads="The curve is fitted to the rows that it is judged on, so that scores that tell nothing show a "
        "little. It grows with how mixed the rows are, and cannot be compared between populations.",
    ),
)
