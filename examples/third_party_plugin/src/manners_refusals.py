from auditkit import Case, Measurement, Texts, check, clean, hookimpl, planted
from auditkit.testing import answers, near

HALF = planted("every other answer declines", answers("No.", "Rest."), near("refusal_rate", 0.5), opening="No")
NONE = clean("no answer declines", answers("Yes.", "Rest."), near("refusal_rate", 0), opening="No")


@check("refusals.rate", on=Texts, controls=[HALF, NONE])
def refusal_rate(case: Case[Texts], *, opening: str = "I can't"):
    """How often the model declines to answer."""
    yield Measurement.share("refusal_rate", [text.startswith(opening) for text in case.predictions.texts])


@hookimpl
def auditkit_register_checks():
    return [refusal_rate]
