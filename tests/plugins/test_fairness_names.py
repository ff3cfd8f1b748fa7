"""Names swapped for others: what is put into texts, how it is matched, and how far kinds of names lie apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, NotApplicable, TextFile, TokenLabels, Values
from auditkit.checks.asking import ask
from auditkit.options import validate_options
from auditkit.statistics import TwoWay, clustered_limits, fit_logistic, standardised_shares, wilson
from auditkit.testing import toy_case, with_model
from auditkit_fairness.name_swaps import accept_names, name_swaps
from auditkit_fairness.naming.asking import _packed, unpacked
from auditkit_fairness.naming.crossed import Crossed, recall
from auditkit_fairness.naming.lists import read_file, read_names
from auditkit_fairness.naming.matching import Matched, matched
from auditkit_fairness.naming.planted import Finder, finder, of_names
from auditkit_fairness.naming.renaming import filled, label_of, read_templates, renamed

SUSAN = (0, 5, "PERSON")


def test_errors_by_hand():
    names = [SUSAN, (20, 25, "PERSON"), (40, 45, "PERSON"), (60, 65, "PERSON")]
    true = [*names, (70, 77, "DRUG"), (80, 84, "DOSE")]
    found = [SUSAN, SUSAN, (18, 25, "PERSON"), (40, 45, "PLACE"), (71, 77, "DRUG"), (90, 93, "DOSE")]
    # Exact: the first. As a person: the first two. As something else: the third. Not tagged: the fourth.
    # Strict: 1 of 6 true and of 5 found; by overlap the second name and the drug too.
    assert matched(names, true, found) == Matched(4, 1, 2, 1, 6, 5, 1, 3)


def test_one_found_entity_is_no_two_true_ones():
    names = [(0, 3, "PERSON"), (4, 7, "PERSON")]
    assert matched(names, names, [(0, 7, "PERSON")]) == Matched(2, 0, 2, 0, 2, 1, 0, 1)


def test_the_example_of_seqeval_s_readme():
    """Its two sentences of 7 and 3 tokens, in places of tokens: F1 is 0.50, and 1 where an overlap is enough."""
    rows = (([(3, 6, "MISC")], [(2, 6, "MISC")]), ([(0, 2, "PER")], [(0, 2, "PER")]))
    found = [matched((), *row) for row in rows]
    both = sum(one.true + one.found for one in found)
    assert 2 * sum(one.hits for one in found) / both == 0.5
    assert 2 * sum(one.overlapping for one in found) / both == 1.0


def test_numbers_agree_with_seqeval():
    metrics = pytest.importorskip("seqeval.metrics", reason="pip install seqeval")
    scheme = pytest.importorskip("seqeval.scheme").IOB2
    draw, ours, tags = np.random.default_rng(3), np.zeros(3), ([], [])
    for _ in range(40):
        rows = [spans_of(draw) for _ in range(2)]
        found = matched((), *rows)
        ours += (found.hits, found.true, found.found)
        for row, kept in zip(rows, tags, strict=True):
            kept.append(bio(row))
    hits, true, found = ours
    assert metrics.f1_score(*tags, mode="strict", scheme=scheme) == pytest.approx(2 * hits / (true + found), abs=1e-12)


def spans_of(draw):
    """Up to three entities of one or two of ten words."""
    starts = np.sort(draw.choice(np.arange(0, 10, 3), size=draw.integers(0, 4), replace=False))
    return [(int(at), int(at + draw.integers(1, 3)), str(draw.choice(["PERSON", "DRUG"]))) for at in starts]


def bio(spans):
    tags = ["O"] * 12
    for start, end, label in spans:
        tags[start:end] = [f"B-{label}", *[f"I-{label}"] * (end - start - 1)]
    return tags


def test_a_name_is_replaced_wherever_it_stands_and_all_else_moves():
    text = "Dr. Susan Hill saw asthma. Susan Hill left."
    true = [(0, 14, "PERSON"), (19, 25, "DISEASE"), (27, 37, "PERSON")]
    made = renamed(
        "Susan Hill saw asthma. Susan Hill left.",
        [(0, 10, "PERSON"), (15, 21, "DISEASE"), (23, 33, "PERSON")],
        "PERSON",
        "Lakisha",
    )
    assert made.text == "Lakisha Hill saw asthma. Lakisha Hill left."
    assert made.names == ((0, 12, "PERSON"), (25, 37, "PERSON"))
    assert [made.text[start:end] for start, end, _ in made.true] == ["Lakisha Hill", "asthma", "Lakisha Hill"]
    other = renamed(text, true, "PERSON", "Bo Li")
    assert other.text == "Dr. Bo Li saw asthma. Susan Hill left."
    assert [other.text[start:end] for start, end, _ in other.true] == ["Dr. Bo Li", "asthma", "Susan Hill"]


def test_chinese_names_are_replaced_without_word_boundaries():
    made = renamed(
        "患者王秀英今日入院。王秀英主诉头痛", [(2, 5, "PER"), (10, 13, "PER"), (15, 17, "SYMPTOM")], "PER", "阿依古丽"
    )
    assert made.text == "患者阿依古丽今日入院。阿依古丽主诉头痛"
    assert [made.text[start:end] for start, end, _ in made.true] == ["阿依古丽", "阿依古丽", "头痛"]


def test_what_nobody_can_replace():
    assert renamed("no name", [(0, 2, "DRUG")], "PERSON", "Ada") is None
    assert renamed("Susan", [SUSAN], "PERSON", "Susan") is None  # the same name is no swap
    assert renamed("Susan Hill", [(0, 10, "PERSON"), (6, 10, "PLACE")], "PERSON", "Ada") is None  # where is Hill then?


def test_the_label_of_persons():
    assert label_of("", ["DRUG", "Person"]) == "Person"
    assert label_of("", ["PER", "PATIENT"]) == "PER"
    assert label_of("DRUG", ["DRUG", "PER"]) == "DRUG"
    assert label_of("", ["DRUG"]) is None


def test_templates():
    made = filled("{name} was seen. {name} left.", "PER", "Ada")
    assert (made.text, made.names) == ("Ada was seen. Ada left.", ((0, 3, "PER"), (14, 17, "PER")))
    assert read_templates("# note\n\n{name} came.\n") == ("{name} came.",)
    for text, said in (("", "empty"), ("Susan came.", "'Susan came.' has no {name}")):
        with pytest.raises(AuditError, match=said.replace("{", r"\{")):
            read_templates(text)


def test_packed_numbers_come_back():
    numbers = [(1999, 9, 2, 1, 0), (0, 0, 0, 0, 0), (4095, 4095, 4095, 4095, 4095)]
    assert unpacked(np.array([_packed(one) for one in numbers])).tolist() == [list(one) for one in numbers]
    assert _packed((5000, 0, 0, 0, 0)) == 4095  # beyond what is counted


# Lists.


def test_built_in_lists_are_of_one_script_each_and_twenty_a_kind():
    lists = read_names()
    assert {called: one.is_han for called, one in lists.items()} == {"english": False, "chinese": True}
    for one in lists.values():
        assert one.attributes == ("sex", "ethnicity")
        assert {len(one.of_kind(kind)) for kind in one.kinds} == {20}


def file(text, name="names.toml"):
    return TextFile.of(name, text)


def names_of(count, start="A"):
    return ", ".join(f'"{start}{"abcdefgh"[place]}"' for place in range(count))


def test_a_csv_of_ones_own_with_frequencies():
    lines = "\n".join(
        f"{name},{sex},{place + 1}" for sex in "fm" for place, name in enumerate(sex + one for one in "abcde")
    )
    own = read_file(file(f"name,sex,frequency\n{lines}", "mine.csv"))["own"]
    assert own.attributes == ("sex",)
    assert (own.names[0].text, own.names[0].kind, own.names[0].frequency) == ("fa", ("f",), 1.0)


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        ("", "a.toml", "is empty"),
        ("x = [", "a.toml", "is no TOML"),
        ("x = 3", "a.toml", "'x' has no"),
        ('[[x.names]]\nsex = "f"', "a.toml", "has no list of names"),
        (f"[[x.names]]\nsex = 1\nnames = [{names_of(5)}]", "a.toml", "an attribute of 'x' is no text"),
        (f"[[x.names]]\nnames = [{names_of(5)}]", "a.toml", "says nothing of what a name suggests"),
        (f'[[x.names]]\nsex = "f"\nnames = [{names_of(4)}]', "a.toml", "has 4 names of f"),
        (f'[[x.names]]\nsex = "f"\nnames = [{names_of(5)}]', "a.toml", "all names of 'x' are of one kind"),
        (f'[[x.names]]\nsex = "f"\nnames = [{names_of(5)}, "Aa"]', "a.toml", "'Aa' stands in 'x' twice"),
        (f'[[x.names]]\nsex = "f"\nnames = [{names_of(5)}, " "]', "a.toml", "an empty name"),
        (f'[[x.names]]\nsex = "f"\nnames = [{names_of(5)}, "王伟"]', "a.toml", "Chinese characters and others"),
        ("", "a.csv", "has the columns of an empty file"),
        ("who,sex\nAda,f", "a.csv", "has the columns who, sex"),
        ("name\nAda", "a.csv", "has the columns name"),
        ("name,sex\nAda", "a.csv", "line 2 has not 2 cells"),
        ("name,sex\nAda,", "a.csv", "'Ada' of 'own' has not one label for each of sex"),
        ("name,sex,frequency\nAda,f,often", "a.csv", "line 2 has the frequency 'often'"),
        ("name,sex,frequency\nAda,f,nan", "a.csv", "line 2 has the frequency 'nan'"),
        ("name,sex,frequency\nAda,f,1\nBea,f,", "a.csv", "some names have a frequency"),
    ],
)
def test_a_wrong_file_of_names_is_refused_with_what_to_type(text, name, said):
    with pytest.raises(AuditError) as refused:
        accept_names(names=file(text, name))
    assert said in refused.value.message
    assert refused.value.hint


def test_options_are_refused_before_anything_is_predicted():
    with pytest.raises(AuditError, match="'lists' names 'klingon'") as refused:
        accept_names(lists=("klingon",))
    assert "english, chinese" in refused.value.hint
    with pytest.raises(AuditError, match="'swaps' is 0"):
        accept_names(swaps=0)
    accept_names(names=TextFile(name="gone.csv"), lists=("own",))  # a replay has not read it


# Statistics.


def test_a_logistic_regression_agrees_with_statsmodels():
    api = pytest.importorskip("statsmodels.api")
    draw = np.random.default_rng(1)
    columns = np.column_stack([np.ones(30), draw.normal(size=30), draw.integers(0, 2, 30)])
    n = draw.integers(5, 30, 30).astype(float)
    hits = draw.binomial(n.astype(int), 1 / (1 + np.exp(-columns @ [0.3, 0.8, -0.5]))).astype(float)
    theirs = api.GLM(np.column_stack([hits, n - hits]), columns, family=api.families.Binomial()).fit().params
    assert fit_logistic(columns, hits, n) == pytest.approx(theirs, rel=1e-4)
    many = fit_logistic(columns, np.stack([hits, n - hits]), np.stack([n, n]))
    assert many[0] == pytest.approx(-many[1], abs=1e-5)


def test_shares_at_equal_length_by_hand():
    # All of the difference is one of length: of short names 9 in 10 are found in either group, of long ones 3 in 10.
    groups, length = np.array([0, 0, 1, 1]), np.array([[1.0], [3.0], [1.0], [3.0]])
    n = np.array([90.0, 10.0, 10.0, 90.0])
    hits = n * np.array([0.9, 0.3, 0.9, 0.3])
    raw = (hits[0] + hits[1]) / 100 - (hits[2] + hits[3]) / 100
    assert raw == pytest.approx(0.48)
    assert standardised_shares(groups, length, hits, n) == pytest.approx([0.6, 0.6], abs=1e-3)


def test_separated_groups_have_shares_all_the_same():
    found = standardised_shares(np.array([0, 0, 1, 1]), np.ones((4, 1)), np.array([5.0, 5, 0, 0]), np.full(4, 5.0))
    assert found == pytest.approx([1.0, 0.0], abs=1e-3)


def test_a_share_without_variation_is_known_to_its_clusters():
    low, high = clustered_limits(1.0, 0.0, clusters=20, n=400, level=0.95)
    assert high == 1.0
    assert low == pytest.approx(wilson(20 * (1.959964 / 2.093024) ** 2, 20 * (1.959964 / 2.093024) ** 2)[0], abs=1e-5)


def test_variance_of_two_ways_is_that_of_names_where_names_decide():
    # Every second of 40 names is found in all 30 texts, or in none: the share of half rests on 40 names, and no more.
    cells = np.zeros((30, 40, 2))
    cells[:, :, 0] = 1
    cells[:, ::2, 1] = 1
    drawn = TwoWay.of(cells, np.zeros(40, dtype=np.int64), np.random.default_rng(0))
    found = drawn.variance(lambda totals: totals.sum(axis=-2)[..., 1] / totals.sum(axis=-2)[..., 0])
    assert found == pytest.approx(0.25 / 40, rel=0.25)


# The check.


def asked(case, **options):
    given = {"lists": ("english",), "swaps": 1, **options}
    return ask(name_swaps, case, validate_options(name_swaps.run, given, owner="fairness.name-swaps"))


@pytest.fixture(scope="module")
def planted():
    return asked(of_names(missing=0.05, kind="Black", more=0.45)(np.random.default_rng(0)))


def one(readings, metric, **conditions):
    (found,) = [found for found in readings.of(metric) if found.conditions == conditions]
    return found


def test_a_planted_gap_is_found_where_it_is(planted):
    by = {"list": "english", "attribute": "ethnicity"}
    gap = one(planted, "swapped_name_recall_difference", **by)
    assert gap.interval.low > 0.2
    assert one(planted, "swapped_name_recall_difference", list="english", attribute="sex").interval.low == 0
    black, white = (one(planted, "swapped_name_recall", **by, names=name) for name in ("Black", "white"))
    assert black.interval.high < white.interval.low
    same = one(planted, "same_length_name_recall_difference", **by)
    assert same.interval.low > 0.1  # the lengths of names explain none of it
    assert one(planted, "dealt_name_recall_difference", **by).value < gap.value / 2


def test_errors_of_a_name_that_is_not_found_are_of_type_three(planted):
    missed, untagged, mislabelled = (
        one(planted, f"swapped_name_{what}_rate").value for what in ("missed", "untagged", "mislabelled")
    )
    assert (untagged, mislabelled) == (missed, 0.0)
    assert one(planted, "swapped_name_recall").value == pytest.approx(1 - missed)


def test_templates_in_place_of_the_rows():
    given = pd.Series([f"text {row} holds nobody" for row in range(40)], dtype=object)
    model = finder(missing=0.0)
    case = with_model(toy_case(model.predict(given), inputs=given), model)
    lines = "\n".join(f"note {row:03d} says that {{name}} came." for row in range(12))
    readings = asked(case, templates={"name": "t.txt", "text": lines}, label="PERSON")
    whole = one(readings, "swapped_name_recall")
    assert (whole.value, whole.n, whole.people) == (1.0, 40 * 8, 12)


def test_a_model_that_tells_no_tokens_has_no_gap_at_equal_length():
    given, model = of_names(missing=0.1)(np.random.default_rng(0)), Silent(finder(missing=0.1))
    found = one(asked(with_model(given, model)), "same_length_name_recall_difference")
    assert found.value is None
    assert "how many tokens" in found.undefined.msgid


class Silent:
    def __init__(self, model):
        self.model = model

    def predict(self, inputs):
        return self.model.predict(inputs)


def test_where_nobody_is_named_or_nobody_says_so():
    rows = pd.Series([f"note {row} without anybody" for row in range(30)], dtype=object)
    drug = TokenLabels((((0, 4, "DRUG", 1.0),),) * 30)
    model = Finder(0.0)
    for truth, said in ((drug, "which label"), (None, "where people are named")):
        with pytest.raises(NotApplicable, match=said):
            asked(with_model(toy_case(drug, inputs=rows, truth=truth), model))
    few = of_names(missing=0.1, rows=9)(np.random.default_rng(0))
    with pytest.raises(NotApplicable, match="fewer than"):
        asked(few)


def test_it_looks_at_entities_alone():
    assert name_swaps.on == (TokenLabels,)
    assert not isinstance(toy_case(Values(np.ones(3))).predictions, TokenLabels)


def coverage_case(seed, *, more):
    return asked(of_names(missing=0.1, kind="Black", more=more)(np.random.default_rng(seed)), most_rows=60)


def false_alarms(seeds):
    """Clean models that differ in which names they overlook: the coin hangs on the text, which the seed draws."""
    lows = []
    for seed in seeds:
        readings = asked(shuffled(seed))
        lows.append(one(readings, "swapped_name_recall_difference").interval.low > 0)
    return sum(lows)


def shuffled(seed):
    """A model that knows a random three in four of the names, whatever they suggest."""
    draw = np.random.default_rng(seed)
    whole = finder(missing=0.05)
    kept = {name: kind for name, kind in whole.names.items() if draw.random() < 0.75 or not kind}
    model = Finder(0.05, names=kept)
    case = of_names(missing=0.0)(draw)
    return with_model(case, model)


def test_names_that_a_model_does_not_know_by_chance_are_no_gap():
    assert false_alarms(range(3)) <= 1


@pytest.mark.slow
def test_planted_gaps_are_found_and_clean_twins_silent_over_twenty_seeds():
    """Of 20 clean models at most 3 alarm (chance of more at 5%: 0.016); a gap of 0.3 is found in at least 16 of 20."""
    assert false_alarms(range(20)) <= 3
    found = [
        one(coverage_case(seed, more=0.3), "swapped_name_recall_difference").interval.low > 0 for seed in range(20)
    ]
    assert sum(found) >= 16


def test_crossed_puts_one_name_s_answers_together():
    listed = read_names()["english"]
    persons = np.array([_packed((3, 2, 1, 1, 1)), _packed((3, 2, 1, 0, 0)), -1])
    entities = np.array([_packed((0, 2, 2, 2, 2)), _packed((0, 2, 1, 1, 1)), -1])
    found = Crossed.of(listed, [(persons, entities)], np.array([0, 1, 2]), np.array([1.0, 2.0, 1.0]))
    assert (found.contexts, found.asked[3], found.pieces[3]) == (2, 2, 2)
    assert recall(found.by_name)[3] == pytest.approx(1 / 3)  # the text of weight 2 is the one that is missed
