"""The metric cards of `fairness.inputs`: how much of a gap between groups comes by each input."""

from auditkit import MetricCard

SELECTED, FOUND, ALARMED, PREDICTED = (
    f"carried_{rate}_gap" for rate in ("selection_rate", "true_positive_rate", "false_positive_rate", "prediction")
)

_SOURCE = (
    "permutation importance (Breiman 2001, Mach. Learn. 45, 5-32; Fisher, Rudin and Dominici 2019, JMLR 20(177)) of a "
    "gap in place of an error, after Begley, Schwedes, Frye and Feige (2020), arXiv:2010.07389; interval: {how} of "
    "either group, combined as independent numbers, at Bonferroni's level over inputs and pairs of groups"
)
_DECIDED = _SOURCE.format(how="Wilson's limits of decisions lost and won, or Student's where they are wider,")
_UNDEFINED = "When fewer than two groups have the policy's smallest group size among the rows that the rate looks at."
_MISLEADS = (
    "It says by which input the gap gets into the answers, and not why it is there: an input that carries a gap may "
    "tell who needs what. Where two inputs tell the same, each can carry it without the other, and neither shows "
    "alone; and a patient with another one's film may be like nobody whom the model has seen. The parts need not add "
    "up to the gap."
)


def _card(name: str, what: str, formula: str) -> MetricCard:
    return MetricCard(
        name=name,
        title=f"Gap in {what} that an input carries",
        asks=f"How much of the gap in {what} comes by this input?",
        formula=f"the gap between the two groups that lie furthest apart in {formula}, less that between the same two "
        "when the input is another row's, dealt at random",
        source=_DECIDED if name != PREDICTED else _SOURCE.format(how="Student's limits"),
        better="lower",
        undefined=_UNDEFINED,
        misleads=_MISLEADS,
    )


CARDS = (
    _card(SELECTED, "selection rates", "P(D = 1)"),
    _card(FOUND, "true positive rates", "P(D = 1 | Y = 1)"),
    _card(ALARMED, "false positive rates", "P(D = 1 | Y = 0)"),
    _card(PREDICTED, "predicted numbers", "the mean prediction, in standard deviations of all predictions"),
)
"""All of them."""
