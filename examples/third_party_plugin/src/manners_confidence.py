from auditkit import Case, ClassScores, Measurement, check, hookimpl


@check("confidence.rate", on=ClassScores)
def confident_rate(case: Case[ClassScores], *, least: float = 0.9):
    """How often the model is very sure of its answer."""
    yield Measurement.share("confident_rate", case.predictions.scores.max(axis=1) >= least)


@hookimpl
def auditkit_register_checks():
    return [confident_rate]
