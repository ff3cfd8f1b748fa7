from auditkit import Case, ClassScores, Measurement, check, clean, hookimpl, planted
from auditkit.testing import calibrated, near

SOME = planted("two rows in nine are 0.9 sure", calibrated(), near("confident_rate", 2 / 9), least=0.85)
NONE = clean("no row is 0.95 sure", calibrated(), near("confident_rate", 0), least=0.95)


@check("confidence.rate", on=ClassScores, controls=[SOME, NONE])
def confident_rate(case: Case[ClassScores], *, least: float = 0.9):
    """How often the model is very sure of its answer."""
    yield Measurement.share("confident_rate", case.predictions.scores.max(axis=1) >= least)


@hookimpl
def auditkit_register_checks():
    return [confident_rate]
