"""A small finished result, with a case of everything that a report, a bundle or an exporter must cope with."""

from __future__ import annotations

from datetime import date
from typing import Any

from auditkit.document import Text
from auditkit.finding import Chart, Control, Finding, GroupCount, Interval, Measurement, Series, Table
from auditkit.policy import Outcome, Policy, Rule, Waiver
from auditkit.result import (
    Attribute,
    AuditResult,
    DataSummary,
    EndedWaiver,
    FileDigest,
    GroupSize,
    JudgedPolicy,
    Judgement,
    ModelFacts,
    ModelSignature,
    NotLookedAt,
    SplitSummary,
    Subject,
    Verdict,
)
from auditkit.testing.cards import toy_cards
from auditkit.testing.runs import made_up_digest, toy_provenance, toy_run

ALL_ROWS: dict[str, str] = {}
WITHHELD = Text.of("withheld: fewer than {limit} rows", limit=10)


def toy_result(**changes: Any) -> AuditResult:
    """A sealed result of a heart disease model, with the fields in `changes` put in the place of its own.

    It holds groups, gaps, an undefined rate, a suppressed group, a small group, a finding that crashed, one that does
    not apply, controls that passed and one that failed, a ROC, and a judgement of every outcome.
    """
    policy = _policy()
    fields: dict[str, Any] = {
        "name": "Heart disease, release 3",
        "subject": _subject(),
        "data": _data(),
        "findings": _findings(),
        "policy": JudgedPolicy(policy=policy, digest=policy.digest, source="spec"),
        "verdict": _verdict(policy),
        "not_looked_at": _not_looked_at(),
        "provenance": toy_provenance(),
        "run": toy_run(),
    }
    return AuditResult(**(fields | changes)).sealed()


def measured(metric: str, value: float, n: int, low: float, high: float, **fields: Any) -> Measurement:
    """A measurement with a 95% interval; by Wilson's method unless `method` says otherwise."""
    interval = Interval(
        low=low,
        high=high,
        level=0.95,
        method=fields.pop("method", "wilson"),
        simultaneous=fields.pop("simultaneous", False),
    )
    return Measurement(metric=metric, value=value, n=n, interval=interval, **fields)


def _subject() -> Subject:
    return Subject(
        adapter="recorded",
        path=None,
        digest=made_up_digest("7c1e9a40"),
        files=(FileDigest(name="scores.csv", sha256=made_up_digest("7c1e9a40"), size=18_204),),
        facts=ModelFacts(
            architectures=("HeartNet",),
            parameters=24_576,
            stored={"bfloat16": 24_576, "int64": 13},
            base_models=("clinic/heart-base",),
            licence="apache-2.0",
            datasets=("clinic/visits",),
        ),
        signature=ModelSignature(file="model.sig", made_with="key"),
        prediction_type="ClassScores",
        classes=("healthy", "disease"),
        notes=(Text.of("the scores were recorded: the model itself was not opened"),),
    )


def _data() -> DataSummary:
    site = (
        GroupSize(label="Cleveland", rows=150),
        GroupSize(label="Budapest", rows=144),
        GroupSize(label="Zurich", rows=27),
        GroupSize(label="Long Beach", rows=None),
    )
    sex = (GroupSize(label="F", rows=174), GroupSize(label="M", rows=152))
    audit = SplitSummary(
        name="audit",
        file=FileDigest(name="scores.csv", sha256=made_up_digest("7c1e9a40"), size=18_204),
        rows=330,
        digest=made_up_digest("b2d40f83"),
        keyed=False,
        missing_targets=2,
        target_classes=("disease", "healthy"),
        attributes=(Attribute(name="sex", groups=sex, missing=4), Attribute(name="site", groups=site, missing=0)),
    )
    return DataSummary(
        loader="csv",
        splits=(audit,),
        target="num",
        positive=("disease",),
        threshold=0.5,
        available=("groups", "scores", "targets"),
    )


def _findings() -> tuple[Finding, ...]:
    return (_duplicates(), _group_rates(), _intersections(), _membership(), _performance())


def _group_rates() -> Finding:
    clean = Control(
        kind="clean",
        title=Text.of("random groups of the same sizes"),
        expected=Text.of("no gap is found"),
        observed=Text.of("gap {gap}, interval {low} to {high}", gap=0.041, low=0.0, high=0.183),
        passed=True,
    )
    planted = Control(
        kind="planted",
        title=Text.of("one group whose labels were flipped"),
        expected=Text.of("a gap of {gap} is found", gap=0.5),
        observed=Text.of("gap {gap}", gap=0.493),
        passed=True,
    )
    return Finding(
        check="fairness.group-rates",
        options={"level": 0.95},
        title=Text.of("Rates for each group"),
        text=Text.of("How often each group is selected, and how often the model is right about it."),
        status="measured",
        cards=toy_cards(
            "selection_rate",
            "true_positive_rate",
            "false_positive_rate",
            "demographic_parity_ratio",
            "equal_opportunity_difference",
            "equalized_odds_difference",
        ),
        measurements=(*_selection_rates(), *_true_positive_rates(), *_false_positive_rates(), *_gaps()),
        evidence=(_confusion_table(),),
        controls=(clean, planted),
        notes=(Text.of("{count} rows without a value of '{attribute}' take no part", count=4, attribute="sex"),),
    )


def _selection_rates() -> tuple[Measurement, ...]:
    rate, target = "selection_rate", {"better": "target"}
    return (
        measured(rate, 136 / 330, 330, 0.360323, 0.465942, group=ALL_ROWS, **target),
        measured(rate, 40 / 174, 174, 0.173606, 0.297834, group={"sex": "F"}, **target),
        measured(rate, 94 / 152, 152, 0.539178, 0.691826, group={"sex": "M"}, **target),
        measured(rate, 62 / 150, 150, 0.337653, 0.493341, group={"site": "Cleveland"}, **target),
        measured(rate, 49 / 144, 144, 0.267941, 0.420915, group={"site": "Budapest"}, **target),
        measured(rate, 20 / 27, 27, 0.553214, 0.868296, group={"site": "Zurich"}, **target),
        _withheld(rate, "Long Beach", **target),
    )


def _true_positive_rates() -> tuple[Measurement, ...]:
    rate, higher = "true_positive_rate", {"better": "higher"}
    return (
        measured(rate, 101 / 135, 135, 0.668754, 0.813811, group=ALL_ROWS, **higher),
        measured(rate, 22 / 42, 42, 0.377225, 0.666404, group={"sex": "F"}, **higher),
        measured(rate, 77 / 90, 90, 0.768401, 0.9136, group={"sex": "M"}, **higher),
        measured(rate, 43 / 58, 58, 0.616226, 0.836545, group={"site": "Cleveland"}, **higher),
        measured(rate, 34 / 44, 44, 0.630076, 0.871581, group={"site": "Budapest"}, **higher),
        measured(rate, 20 / 27, 27, 0.553214, 0.868296, group={"site": "Zurich"}, **higher),
        _withheld(rate, "Long Beach", **higher),
    )


def _false_positive_rates() -> tuple[Measurement, ...]:
    rate, zurich = "false_positive_rate", {"site": "Zurich"}
    return (
        measured(rate, 34 / 193, 193, 0.128892, 0.236079, group=ALL_ROWS),
        measured(rate, 18 / 132, 132, 0.088028, 0.205265, group={"sex": "F"}),
        measured(rate, 16 / 60, 60, 0.171326, 0.390087, group={"sex": "M"}),
        measured(rate, 18 / 90, 90, 0.130424, 0.294137, group={"site": "Cleveland"}),
        measured(rate, 15 / 100, 100, 0.09306, 0.232836, group={"site": "Budapest"}),
        Measurement(metric=rate, value=None, n=0, undefined=Text.of("no row of the group is negative"), group=zurich),
        _withheld(rate, "Long Beach"),
    )


def _withheld(metric: str, site: str, **fields: Any) -> Measurement:
    group = {"site": site}
    return Measurement(metric=metric, value=None, n=None, undefined=WITHHELD, group=group, suppressed=True, **fields)


def _gaps() -> tuple[Measurement, ...]:
    sites = (
        GroupCount(label="Budapest", n=44, compared=True),
        GroupCount(label="Cleveland", n=58, compared=True),
        GroupCount(label="Long Beach", n=None, compared=False),
        GroupCount(label="Zurich", n=0, compared=False),
    )
    sexes = (GroupCount(label="F", n=42, compared=True), GroupCount(label="M", n=60, compared=True))
    by_sex: dict[str, Any] = {"group": {"sex": "*"}, "compared": sexes, "method": "newcombe", "simultaneous": True}
    by_site: dict[str, Any] = {"group": {"site": "*"}, "compared": sites, "method": "newcombe", "simultaneous": True}
    odds, chance, parity = "equalized_odds_difference", "equal_opportunity_difference", "demographic_parity_ratio"
    return (
        measured(odds, 0.331746, 324, 0.141506, 0.509545, **by_sex),
        measured(odds, 0.05, 292, 0.0, 0.176127, **by_site),
        measured(chance, 0.331746, 132, 0.164626, 0.489405, **by_sex),
        measured(chance, 0.031348, 102, 0.0, 0.190832, **by_site),
        measured(parity, 0.371729, 326, 0.264634, 0.522164, better="higher", **by_sex),
        measured(parity, 0.823253, 294, 0.587591, 1.0, better="higher", **by_site),
    )


def _confusion_table() -> Table:
    columns = ("Group", "Right and selected", "Wrong and selected", "Right and left", "Wrong and left")
    return Table(
        title=Text.of("How the rows of each group fell"),
        columns=tuple(Text.of(column) for column in columns),
        rows=(
            ("sex = F", 22, 18, 114, 20),
            ("sex = M", 77, 16, 44, 13),
            ("site = Long Beach", *[Text.of("withheld")] * 4),
        ),
    )


def _intersections() -> Finding:
    return Finding(
        check="fairness.intersections",
        title=Text.of("Rates where attributes cross"),
        text=Text.of("Whether a gap hides where two attributes meet."),
        status="error",
        cards=toy_cards("true_positive_rate_difference"),
        reason=Text.of("the check crashed: {kind}: {message}", kind="ZeroDivisionError", message="division by zero"),
        hint="auditkit run audit.toml --debug",
    )


def _membership() -> Finding:
    return Finding(
        check="privacy.membership",
        title=Text.of("Who was in the training rows"),
        text=Text.of("Whether scores tell which people the model was trained on."),
        status="not_applicable",
        cards=toy_cards("membership_auc"),
        reason=Text.of("there is no training split"),
        hint='name it: [data] training = "train.csv"',
    )


def _performance() -> Finding:
    curve = Chart(
        kind="roc",
        title=Text.of("ROC of the audit rows"),
        x_label=Text.of("False positive rate"),
        y_label=Text.of("True positive rate"),
        series=(
            Series(name="sex = F", x=(0.0, 0.02, 0.14, 0.3, 0.64, 1.0), y=(0.0, 0.36, 0.57, 0.71, 0.93, 1.0), n=174),
            Series(name="sex = M", x=(0.0, 0.03, 0.1, 0.26, 0.5, 1.0), y=(0.0, 0.44, 0.7, 0.86, 0.96, 1.0), n=152),
        ),
    )
    return Finding(
        check="performance.overall",
        title=Text.of("How well the model does overall"),
        text=Text.of("How often the model is right, and how well its scores rank and mean what they say."),
        status="measured",
        cards=toy_cards("accuracy", "roc_auc", "brier_score"),
        measurements=(
            measured("accuracy", 260 / 328, 328, 0.745547, 0.833043, better="higher"),
            measured("accuracy", 136 / 174, 174, 0.714501, 0.836552, group={"sex": "F"}, better="higher"),
            measured("accuracy", 121 / 150, 150, 0.736137, 0.861881, group={"sex": "M"}, better="higher"),
            measured("roc_auc", 0.881403, 328, 0.835116, 0.92769, method="delong", better="higher"),
            measured("brier_score", 0.136218, 328, 0.114007, 0.158429, method="bootstrap"),
        ),
        evidence=(curve,),
    )


def _duplicates() -> Finding:
    missed = Control(
        kind="planted",
        title=Text.of("{count} rows written twice", count=5),
        expected=Text.of("{count} duplicates are found", count=5),
        observed=Text.of("{count} duplicates", count=4),
        passed=False,
    )
    return Finding(
        check="data-quality.duplicates",
        title=Text.of("Rows that stand twice"),
        text=Text.of("Whether some rows count more than once."),
        status="error",
        cards=toy_cards("duplicate_rows"),
        controls=(missed,),
        reason=Text.of(
            "the check did not find a planted defect, '{title}': expected: {expected}; observed: {observed}",
            title=str(missed.title),
            expected=str(missed.expected),
            observed=str(missed.observed),
        ),
        hint="mend the check, or leave it out",
    )


def _policy() -> Policy:
    rules = (
        Rule(metric="roc_auc", min=0.8, because="Release policy 2.1: at least as good as the score in use"),
        Rule(metric="demographic_parity_ratio", group="sex", min=0.8, otherwise="warn", because="29 CFR 1607.4(D)"),
        Rule(metric="equalized_odds_difference", group="sex", max=0.1, because="Release policy 4.2"),
        Rule(metric="equalized_odds_difference", group="site", max=0.1, because="Release policy 4.2"),
        Rule(metric="membership_auc", max=0.6, needs=("training",), because="Release policy 5.1"),
        Rule(metric="smooth_calibration_error", max=0.05, because="Release policy 3.3"),
        Rule(metric="duplicate_rows", max=0, because="Release policy 1.4: every person counts once"),
        Rule(metric="equal_opportunity_difference", group="sex", max=0.05, because="Clinical board, 12 March 2026"),
    )
    waivers = (
        Waiver(
            metric="equal_opportunity_difference",
            group="sex",
            owner="R. Okafor",
            approved_by="M. Chen",
            reason="few women in the audit rows; a larger sample is due in May",
            expires=date(2027, 5, 31),
        ),
        Waiver(
            metric="equalized_odds_difference",
            group="sex",
            owner="R. Okafor",
            reason="first release only",
            expires=date(2026, 6, 30),
        ),
    )
    identified = tuple(rule.identified() for rule in rules)
    return Policy(rules=identified, waivers=waivers, small_groups="list")


_SAYS: dict[Outcome, str] = {
    "pass": "the whole interval meets the bound {bound:bound}",
    "warn": "the whole interval misses the bound {bound:bound}",
    "fail": "the whole interval misses the bound {bound:bound}",
    "waived": "the whole interval misses the bound {bound:bound}",
    "inconclusive": "the interval contains the bound {bound:bound}",
    "not_applicable": "the audit has no training rows",
    "no_evidence": "nothing measured it",
    "error": "a control of the check failed, so its numbers cannot be relied on",
}


def _verdict(policy: Policy) -> Verdict:
    auc, parity, odds_sex, odds_site, member, smooth, twice, chance = policy.rules
    found = {(gap.metric, *gap.group): gap for gap in _gaps()}
    odds, small = "equalized_odds_difference", _true_positive_rates()[5]
    over = EndedWaiver(
        waiver=1, why=Text.of("the waiver of {owner} expired on {date}", owner="R. Okafor", date="2026-06-30")
    )
    return Verdict(
        outcome="fail",
        judgements=(
            _judged(auc, "pass", _performance().measurements[3]),
            _judged(parity, "warn", found[parity.metric, "sex"]),
            _judged(odds_sex, "fail", found[odds, "sex"], ended=(over,)),
            _judged(odds_site, "inconclusive", found[odds, "site"], listed=(small,)),
            _judged(member, "not_applicable"),
            _judged(smooth, "no_evidence"),
            _judged(twice, "error", by="data-quality.duplicates"),
            _judged(chance, "waived", found[chance.metric, "sex"], waiver=0),
        ),
        waivers_in_force=1,
        waivers_expired=(1,),
    )


def _judged(
    rule: Rule, outcome: Outcome, worst: Measurement | None = None, by: str | None = None, **fields: Any
) -> Judgement:
    bound = rule.min if rule.max is None else rule.max
    reason = Text(msgid=_SAYS[outcome], params={} if bound is None else {"bound": bound})
    check = next((one.check for one in _findings() if worst and worst.metric in one.measures), by)
    return Judgement(rule=rule.id, outcome=outcome, worst=worst, check=check, reason=reason, **fields)


def _not_looked_at() -> tuple[NotLookedAt, ...]:
    return (
        NotLookedAt(what=Text.of("explainability"), why=Text.of("no check of this area is installed")),
        NotLookedAt(what=Text.of("privacy"), why=Text.of("there is no training split")),
    )
