"""`conversation.judge` by hand: agreement, the correction and its interval, what does not count or is refused."""

from __future__ import annotations

import numpy as np
import pytest
from commands import as_csv
from replays import bundle_in, replayed
from scipy import stats

from auditkit import AuditError, Texts
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.spec import read_spec
from auditkit.statistics import Limits
from auditkit.testing import toy_case
from auditkit_conversation.judge import corrected, judge
from auditkit_conversation.measured import Found, Rows


def said_of(verdicts, people, options=None, **about):
    expected = {
        "judge": [None if one is None else ("no", "yes")[one] for one in verdicts],
        "judged_by_people": [None if one is None else ("no", "yes")[one] for one in people],
    }
    case = toy_case(Texts((("Rest.",),) * len(verdicts)), expected=expected, **about)
    return ask(judge, case, validate_options(judge.run, options or {}, owner=judge.id))


def labelled(both, missed, false, neither, *, unlabelled=(0, 0)):
    """Answers that both find good, people alone, the judge alone, nobody; and verdicts without a label."""
    people = [1] * (both + missed) + [0] * (false + neither) + [None] * sum(unlabelled)
    verdicts = [1] * both + [0] * missed + [1] * false + [0] * neither + [1] * unlabelled[0] + [0] * unlabelled[1]
    return verdicts, people


def test_the_correction_by_hand():
    # Sensitivity 54/60, specificity 36/40; 54 + 4 + 200 of 300 verdicts say good: (.86 + .9 - 1) / (.9 + .9 - 1)
    said = said_of(*labelled(54, 6, 4, 36, unlabelled=(200, 0)))
    assert said.value("judge_sensitivity") == pytest.approx(0.9)
    assert said.value("judge_specificity") == pytest.approx(0.9)
    assert said.value("judge_kappa") == pytest.approx((0.9 - 0.516) / (1 - 0.516))  # p_e = .6 x .58 + .4 x .42
    (rate,) = said.of("judged_good_rate")
    assert (rate.value, rate.n) == (pytest.approx(0.76 / 0.8), 300)
    tail = 0.05 / 3 / 2

    def ends(hits, n):
        return stats.beta.ppf(tail, hits, n - hits + 1), stats.beta.ppf(1 - tail, hits + 1, n - hits)

    (se_low, se_high), (sp_low, sp_high), (p_low, p_high) = ends(54, 60), ends(36, 40), ends(258, 300)
    assert rate.interval.low == pytest.approx((p_low + sp_low - 1) / (se_high + sp_low - 1))
    assert rate.interval.high == pytest.approx(min((p_high + sp_high - 1) / (se_low + sp_high - 1), 1))


def test_a_judge_who_is_not_shown_to_agree_does_not_count():
    good = labelled(54, 6, 4, 36)
    for options, said in (
        ({"least_agreement": 0.8}, "not shown to agree"),
        ({"fewest_labels": 101}, "labelled 100 answers, fewer than 101"),
    ):
        (rate,) = said_of(*good, options).of("judged_good_rate")
        assert rate.value is None
        assert said in str(rate.undefined)
    (rate,) = said_of(*labelled(30, 30, 20, 20), {"least_agreement": 0.0}).of("judged_good_rate")
    assert rate.value is None  # a coin
    assert said_of(*labelled(95, 0, 1, 4), {"agreement": "ac1"}).of("judge_ac1")[0].value > 0.9


def test_a_group_is_corrected_by_its_own_labels():
    good, worse = labelled(54, 6, 4, 36), labelled(40, 20, 4, 36)
    groups = {"sex": ["F"] * 100 + ["M"] * 100}
    said = said_of([*good[0], *worse[0]], [*good[1], *worse[1]], {"least_agreement": 0.4}, groups=groups)
    assert said.value("judge_sensitivity", group={"sex": "F"}) == pytest.approx(0.9)
    assert said.value("judge_sensitivity", group={"sex": "M"}) == pytest.approx(2 / 3)
    for sex in "FM":  # (.58 - .1) / .8 and (.44 - .1) / (2/3 - .1)
        assert said.value("judged_good_rate", group={"sex": sex}) == pytest.approx(0.6)


def test_the_interval_holds_the_truth_at_least_as_often_as_it_says():
    rng, held, trials = np.random.default_rng(5), 0, 400
    for _ in range(trials):
        good = rng.random(400) < 0.7
        verdicts = np.where(good, rng.random(400) < 0.85, rng.random(400) < 0.2)
        case = toy_case(Texts((("Rest.",),) * 400))
        rows, labels = Rows.of(case), np.arange(400) < 120
        flags = verdicts.astype(float)
        parts = (
            np.where(labels & good, flags, np.nan), np.where(labels & ~good, 1 - flags, np.nan), flags,
        )  # fmt: skip
        _, (low, high) = corrected(*(rows.found(part, level=1 - 0.05 / 3) for part in parts))
        held += low <= 0.7 <= high
    # It is made to be too long rather than too short: 95% less two standard errors of 400 trials.
    assert held / trials >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / trials)


def test_what_may_be_no_better_than_a_coin_corrects_nothing():
    def share(value, low, high):
        return Found(value, 10, 10, Limits(low, high), "")

    assert corrected(share(0.7, 0.4, 0.9), share(0.8, 0.6, 0.9), share(0.5, 0.4, 0.6)) == (None, (0.0, 1.0))
    # A rate below what false alarms alone would make is 0, and not below.
    value, (low, high) = corrected(share(0.9, 0.8, 1.0), share(0.9, 0.8, 1.0), share(0.05, 0.0, 0.1))
    assert (value, low) == (0.0, 0.0)
    assert high == pytest.approx(0.1 / 0.8)


@pytest.mark.parametrize(
    ("options", "said"), [({"fewest_labels": 0}, "fewest_labels"), ({"least_agreement": 1.0}, "least_agreement")]
)
def test_options_that_mean_nothing_are_refused(options, said):
    with pytest.raises(AuditError, match=said):
        judge.accepts(**options)


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ('judge = "j"', "without judged_by_people"),
        ('judged_by_people = "p"', "without judge"),
        ('judge = "j"\njudged_by_people = "p"', "answers that were recorded"),
    ],
)
def test_verdicts_need_labels_and_recorded_answers(tmp_path, columns, said):
    spec = tmp_path / "audit.toml"
    model = 'name = "x"\n[model]\nadapter = "chat"\npath = "m"\n'
    spec.write_text(f'{model}[data]\naudit = "a.csv"\ninput = "q"\n[data.expected]\n{columns}\n')
    with pytest.raises(AuditError, match=said):
        read_spec(spec)


def test_a_replay_finds_the_same_without_a_word_of_what_was_said(tmp_path):
    verdicts, people = labelled(60, 6, 6, 60, unlabelled=(40, 8))
    cells = {None: "", 0: "no", 1: "yes"}
    rows = [
        (f"prompt {place}", f"Rest, quietly, {place} days.", "FM"[place % 2], cells[verdict], cells[person])
        for place, (verdict, person) in enumerate(zip(verdicts, people, strict=True))
    ]
    (tmp_path / "rows.csv").write_text(as_csv(["prompt", "answer", "sex", "j", "p"], rows), "utf-8")
    (tmp_path / "audit.toml").write_text(SPEC, "utf-8")
    bundle = bundle_in(tmp_path)
    part = replayed(bundle)["conversation.judge"]
    assert part.state == "equal", part
    assert part.values > 5, part
    assert not any(b"quietly" in path.read_bytes() for path in bundle.rglob("*") if path.is_file())


SPEC = """
name = "Judged"
[model]
adapter = "recorded"
[data]
audit = "rows.csv"
input = "prompt"
generated = "answer"
groups = ["sex"]
[data.expected]
judge = "j"
judged_by_people = "p"
[[checks]]
use = "conversation.judge"
[report]
formats = ["html"]
"""
