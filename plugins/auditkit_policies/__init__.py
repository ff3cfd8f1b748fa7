"""Policy packs: `baseline`, which is used, and named in the report, when a spec has no policy; and `claims`."""

from auditkit import PolicyPack, Rule, hookimpl

BASELINE = PolicyPack(
    name="baseline",
    title="What no model that acts on people should fall short of without somebody saying why",
    rules=(
        Rule(
            metric="equalized_odds_difference",
            max=0.10,
            needs=("decisions", "targets", "groups"),
            because="Hardt, Price & Srebro 2016 (equality of opportunity): errors should not fall on one group; "
            "10 points is auditkit's default, to be replaced by the deployer's own",
        ),
        Rule(
            metric="demographic_parity_ratio",
            min=0.80,
            otherwise="warn",
            needs=("decisions", "groups"),
            because="29 CFR 1607.4(D), the four-fifths rule: a sign to look closer, not a finding of discrimination",
        ),
        Rule(
            metric="smooth_calibration_error",
            max=0.05,
            needs=("scores",),
            because="Blasiok & Nakkiran 2023: probabilities that people act on should be right to five points, on "
            "average",
        ),
        Rule(
            metric="membership_auc",
            max=0.60,
            needs=("training",),
            because="GDPR recital 26 and article 32: a model should not tell who was in its training data",
        ),
        Rule(
            metric="protected_intervention_effect",
            max=0.05,
            needs=("protected_inputs",),
            because="Charter of Fundamental Rights of the EU, article 21: changing only a protected attribute should "
            "not move the score by five points on average",
        ),
    ),
)

CLAIMS = PolicyPack(
    name="claims",
    title="What the spec claims of the model; part of every policy whose spec claims something",
    rules=(
        Rule(
            metric="epsilon_above_claim",
            max=0.0,
            needs=("canaries",),
            because="[model] claimed_epsilon: a training that leaks more than was promised did not keep the promise "
            "(Steinke, Nasr & Jagielski 2023)",
        ),
    ),
)

AUDITKIT_NEEDS = ()


@hookimpl
def auditkit_register_policies() -> list[PolicyPack]:
    """Offer the packs `baseline` and `claims`."""
    return [BASELINE, CLAIMS]
