"""How well texts are ordered that mention a group of people: areas by hand, and against a count of all pairs."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, LabelScores, NotApplicable
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.testing import toy_case
from auditkit_fairness.mention_aucs import mention_aucs, power_mean


def asked(case, **options):
    return ask(mention_aucs, case, validate_options(mention_aucs.run, options, owner="fairness.mention-aucs"))


def one(readings, metric, label=None, **conditions):
    (found,) = [found for found in readings.of(metric) if found.conditions == conditions and found.label == label]
    return found


def comments(rows=180, seed=0):
    draw = np.random.default_rng(seed)
    texts = np.array(["a woman wrote this comment", "a man wrote this comment", "somebody wrote this one"])
    positive, scores = draw.random(rows) < 0.5, np.round(draw.random(rows), 1)
    return pd.Series(texts[np.arange(rows) % 3], dtype=object), positive, scores


def test_a_power_mean_by_hand():
    # (0.5 ** -5 + 1 ** -5) / 2 = 16.5, and 16.5 ** (-1 / 5) = 0.57083
    assert power_mean([0.5, 1.0]) == pytest.approx(0.570825, abs=1e-6)
    assert power_mean([0.8, 0.8]) == pytest.approx(0.8)
    assert power_mean([0.0, 1.0]) == 0.0


def test_areas_are_the_shares_of_ordered_pairs():
    texts, positive, scores = comments()
    case = toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - scores, scores])),
        np.where(positive, "yes", "no").tolist(),
        positive="yes",
        inputs=texts,
    )
    readings = asked(case, attributes=("sex",))
    for side, word in (("female", "woman"), ("male", " man")):
        mine = np.array([word in text for text in texts])
        pairs = {
            "mention_subgroup_auc": (positive & mine, ~positive & mine),
            "mention_bpsn_auc": (positive & ~mine, ~positive & mine),
            "mention_bnsp_auc": (positive & mine, ~positive & ~mine),
        }
        for metric, (above, below) in pairs.items():
            wins = [(up > down) + (up == down) / 2 for up, down in itertools.product(scores[above], scores[below])]
            assert one(readings, metric, attribute="sex", mentions=side).value == pytest.approx(np.mean(wins))
    areas = [one(readings, "mention_bpsn_auc", attribute="sex", mentions=side) for side in ("female", "male")]
    mean = one(readings, "mention_bpsn_auc_power_mean")
    assert mean.value == pytest.approx(power_mean([area.value for area in areas]))
    assert mean.interval.low < min(area.value for area in areas) < mean.interval.high


def test_four_comments_of_a_published_example():
    """Of the card of the metric bias_auc (Intel, for Hugging Face's evaluate): Islam has the area 1 in all three ways.

    Ten times over, since of four rows nothing is told.
    """
    scores = np.tile([[0.44, 0.56], [0.43, 0.57], [0.40, 0.60], [0.38, 0.62]], (10, 1))
    texts = ["on Islam, a comment", "on rain, a comment", "on snow, a comment", "on Islam, a comment"] * 10
    terms = {"name": "t.toml", "text": '[faith]\nsides = ["muslim", "christian"]\nwords = [["islam", "christianity"]]'}
    case = toy_case(
        ClassScores(("0", "1"), scores), ["0", "0", "1", "1"] * 10, positive="1", inputs=pd.Series(texts, dtype=object)
    )
    readings = asked(case, attributes=("faith",), terms=terms)
    for metric in ("mention_subgroup_auc", "mention_bpsn_auc", "mention_bnsp_auc"):
        assert one(readings, metric, attribute="faith", mentions="muslim").value == 1.0
        assert one(readings, metric, attribute="faith", mentions="christian").n is None
    assert one(readings, "mention_bpsn_auc_power_mean").value is None


def test_chinese_mentions_have_no_word_boundaries():
    texts, positive, scores = comments()
    chinese = texts.str.replace("a woman wrote", "这位女士写的").str.replace("a man wrote", "这位先生写的")
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    true = np.where(positive, "yes", "no").tolist()
    both = [asked(toy_case(said, true, positive="yes", inputs=rows), attributes=("sex",)) for rows in (texts, chinese)]
    for side in ("female", "male"):
        values = [one(found, "mention_bpsn_auc", attribute="sex", mentions=side).value for found in both]
        assert values[0] == values[1]


def test_several_labels_are_told_one_by_one():
    texts, positive, scores = comments()
    said = LabelScores(("rude", "long"), np.column_stack([scores, 1 - scores]))
    readings = asked(toy_case(said, np.column_stack([positive, ~positive]), inputs=texts), attributes=("sex",))
    where = {"attribute": "sex", "mentions": "male"}
    rude, long = (one(readings, "mention_bpsn_auc", label, **where).value for label in ("rude", "long"))
    swapped = one(readings, "mention_bnsp_auc", "long", **where).value
    assert rude == pytest.approx(swapped)
    assert long == pytest.approx(one(readings, "mention_bnsp_auc", "rude", **where).value)


def test_where_nobody_is_mentioned_and_words_that_there_are_not():
    _, positive, scores = comments()
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    case = toy_case(said, np.where(positive, "yes", "no").tolist(), inputs=pd.Series(["no words here"] * 180))
    with pytest.raises(NotApplicable, match="no text mentions"):
        asked(case)
    with pytest.raises(AuditError, match="names 'shoe size'"):
        mention_aucs.accepts(attributes=("shoe size",))


def test_recorded_scores_are_asked_about_the_column_that_the_spec_names_as_input():
    texts, positive, scores = comments()
    rows = pd.DataFrame({"comment": texts, "p_yes": scores})
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    targets = np.where(positive, "yes", "no").tolist()
    case = toy_case(said, targets, positive="yes", inputs=rows)
    recorded = replace(case, settings=replace(case.settings, recorded=("p_yes",), given=("comment",)))
    alone = toy_case(said, targets, positive="yes", inputs=texts)
    for metric in ("mention_bpsn_auc", "mention_subgroup_auc"):
        about = {"attribute": "sex", "mentions": "female"}
        found = [one(asked(asked_of), metric, **about).value for asked_of in (recorded, alone)]
        assert found[0] == found[1]


def test_a_text_that_is_ordered_for_two_groups_counts_once():
    texts, positive, scores = comments()
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    case = toy_case(said, np.where(positive, "yes", "no").tolist(), positive="yes", inputs=texts)
    readings = asked(case, attributes=("sex",))
    # Kind texts that mention a woman or a man, and rude ones that do not mention both: of a text of either kind one.
    mentions = texts.str.contains("woman") | texts.str.contains(" man ")
    of_either = (~positive & mentions) | positive
    assert one(readings, "mention_bpsn_auc_power_mean").n == np.count_nonzero(of_either)
