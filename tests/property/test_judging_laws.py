"""What always holds of the policy: a stricter rule, a crash, an absence, another order."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit.document import Text
from auditkit.finding import Finding, GroupCount, Interval, Measurement, MetricCard
from auditkit.judging import judge
from auditkit.policy import Policy, Rule, Waiver
from auditkit.result import Verdict

TODAY = date(2026, 11, 22)
METRICS = ("gap", "rate", "auc")
WORSE = ("pass", "inconclusive", "error", "fail")

share = st.integers(0, 20).map(lambda n: n / 20)
small = st.integers(0, 60)
group = st.sampled_from([{}, {"sex": "*"}, {"sex": "F"}, {"sex": "M", "race": "b"}, {"race": "*"}])


@st.composite
def measurements(draw: st.DrawFn) -> Measurement:
    low, value, high = sorted(draw(st.tuples(share, share, share)))
    where = draw(group)
    about = {"metric": draw(st.sampled_from(METRICS)), "group": where, "n": draw(small)}
    if "*" in where.values():
        parts = st.builds(GroupCount, label=st.sampled_from("abc"), n=small, compared=st.booleans())
        about["compared"] = tuple(draw(st.lists(parts, max_size=3, unique_by=lambda part: part.label)))
    kind = draw(st.sampled_from(["interval", "interval", "exact", "bare", "undefined"])) if about["n"] else "undefined"
    if kind == "undefined":
        return Measurement(value=None, undefined=Text.of("nobody"), **about)
    interval = Interval(low=low, high=high, level=0.95, method="m") if kind == "interval" else None
    return Measurement(value=value, interval=interval, exact=kind == "exact", **about)


def card(metric: str) -> MetricCard:
    words = dict.fromkeys(("title", "formula", "source", "undefined", "misleads"), "t")
    return MetricCard(name=metric, better="lower", **words)


@st.composite
def findings(draw: st.DrawFn) -> Finding:
    about = {"check": draw(st.sampled_from(["a.one", "a.two", "b.one"])), "title": Text.of("t"), "text": Text.of("t")}
    cards = tuple(card(metric) for metric in sorted(draw(st.sets(st.sampled_from(METRICS)))))
    status = draw(st.sampled_from(["measured", "measured", "error", "not_applicable"]))
    if status != "measured":
        return Finding(status=status, reason=Text.of("why"), cards=cards, **about)
    return Finding(status=status, measurements=tuple(draw(st.lists(measurements(), max_size=4))), **about)


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    bound = draw(st.sampled_from(["min", "max"]))
    return Rule(
        metric=draw(st.sampled_from(METRICS)),
        group=draw(st.sampled_from([None, "sex", "any", ("sex", "race")])),
        judge=draw(st.sampled_from(["interval", "value"])),
        otherwise=draw(st.sampled_from(["fail", "warn"])),
        required=draw(st.booleans()),
        needs=draw(st.sampled_from([(), ("training",)])),
        because="law",
        **{bound: draw(share)},
    ).identified()


waivers = st.builds(
    Waiver,
    metric=st.sampled_from(METRICS),
    group=st.sampled_from([None, "sex"]),
    owner=st.just("o"),
    reason=st.just("r"),
    expires=st.sampled_from([date(2020, 1, 1), date(2030, 1, 1)]),
)
policies = st.builds(
    Policy,
    rules=st.lists(rules(), max_size=4).map(tuple),
    waivers=st.lists(waivers, max_size=2).map(tuple),
    small_groups=st.sampled_from(["inconclusive", "list"]),
)
found = st.lists(findings(), max_size=4)


def verdict(policy: Policy, findings: list[Finding]) -> Verdict:
    return judge(policy, findings, ("targets",), TODAY)


def tightened(rule: Rule, by: float) -> Rule:
    bound = {"max": rule.max - by} if rule.max is not None else {"min": (rule.min or 0.0) + by}
    return rule.model_copy(update=bound)


@settings(max_examples=60, deadline=None)
@given(policies, found, share)
def test_tighter_rules_never_turn_a_fail_into_a_pass(policy, found, by):
    tight = policy.model_copy(update={"rules": tuple(tightened(rule, by) for rule in policy.rules)})
    before, after = verdict(policy, found), verdict(tight, found)
    for one, other in zip(before.judgements, after.judgements, strict=True):
        if one.outcome in {"fail", "warn", "inconclusive"}:
            assert other.outcome != "pass"
    assert not (before.outcome == "fail" and after.outcome == "pass")


@settings(max_examples=60, deadline=None)
@given(policies, found, st.randoms())
def test_order_of_findings_does_not_matter(policy, found, random):
    shuffled = [
        finding.model_copy(
            update={"measurements": tuple(random.sample(finding.measurements, len(finding.measurements)))}
        )
        for finding in random.sample(found, len(found))
    ]
    before, after = verdict(policy, found), verdict(policy, shuffled)
    assert before.outcome == after.outcome
    for one, other in zip(before.judgements, after.judgements, strict=True):
        assert (one.outcome, one.waiver) == (other.outcome, other.waiver)
        same_worst = one.worst is None or other.worst is None or one.worst.group == other.worst.group
        assert (one.worst is None) == (other.worst is None)
        assert same_worst


@settings(max_examples=60, deadline=None)
@given(policies, found)
def test_crash_of_what_a_required_rule_rests_on_is_no_pass(policy, found):
    required = [rule for rule in policy.rules if rule.required and "training" not in rule.needs]
    if required:
        crash = Finding(
            check="z.z",
            title=Text.of("t"),
            text=Text.of("t"),
            status="error",
            reason=Text.of("boom"),
            cards=(card(required[0].metric),),
        )
        assert verdict(policy, [*found, crash]).outcome in {"error", "fail"}


@settings(max_examples=40, deadline=None)
@given(policies)
def test_nothing_measured_is_never_a_pass(policy):
    assert verdict(policy, []).outcome in {"error", "inconclusive"}


@settings(max_examples=40, deadline=None)
@given(policies, found)
def test_everything_crashed_is_never_a_pass(policy, found):
    crashed = [
        Finding(check=one.check, title=one.title, text=one.text, status="error", reason=Text.of("boom"))
        for one in found
    ]
    assert verdict(policy, crashed).outcome in {"error", "inconclusive"}


@settings(max_examples=40, deadline=None)
@given(policies, found)
def test_rule_that_passes_never_worsens_the_verdict(policy, found):
    easy = Rule(metric="easy", max=1, because="law").identified()
    good = Finding(
        check="e.e",
        title=Text.of("t"),
        text=Text.of("t"),
        status="measured",
        measurements=(Measurement(metric="easy", value=0.0, n=100, exact=True),),
    )
    before = verdict(policy, [*found, good]).outcome
    after = verdict(policy.model_copy(update={"rules": (*policy.rules, easy)}), [*found, good]).outcome
    assert WORSE.index(after) <= WORSE.index(before)


@settings(max_examples=40, deadline=None)
@given(policies, found)
def test_pass_rests_on_a_measurement_that_keeps_its_bound(policy, found):
    for rule, judgement in zip(policy.rules, verdict(policy, found).judgements, strict=True):
        if judgement.outcome == "pass":
            assert judgement.worst is not None
            assert judgement.worst.value is not None
            if rule.max is not None:
                assert judgement.worst.value <= rule.max
            else:
                assert judgement.worst.value >= (rule.min or 0.0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 500), st.integers(0, 500), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_share_lies_in_its_interval(count, more, level):
    one = Measurement.rate("x", count, count + more, level=level)
    if count + more == 0:
        assert one.value is None
        assert one.interval is None
    else:
        assert one.interval is not None
        assert one.value is not None
        assert 0 <= one.interval.low <= one.value <= one.interval.high <= 1
