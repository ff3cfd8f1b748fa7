"""Keys of the spec that this version does not act on are refused or named, never passed over."""

import pytest

from auditkit.errors import SpecError
from auditkit.spec import read_spec
from auditkit.specs.unbuilt import refuse_unbuilt, unused_keys

SPEC = """
name = "a"
{task}
[model]
adapter = "recorded"
[data]
audit = "a.csv"
predicted = "p"
{data}
[report]
formats = ["html"]
{report}
[compute]
time_limit = 5
{compute}
"""


def spec_with(tmp_path, **parts):
    path = tmp_path / "audit.toml"
    path.write_text(SPEC.format(**{"task": "", "data": "", "report": "", "compute": "", **parts}))
    return read_spec(path)


@pytest.mark.parametrize(
    ("part", "line", "said"),
    [
        ("compute", 'executor = "ray"', "[compute] executor is 'ray'"),
        ("task", 'task = "text"', "task is 'text', and [data] does not say which column or file holds"),
        ("task", 'task = "ranking"', "task is 'ranking', and [data] does not say which column or file holds"),
        ("data", 'lower = "a"\nupper = "b"', "[data] lower is given without level"),
        ("task", 'task = "multilabel"', "task is 'multilabel', which needs a target column for each label"),
    ],
)
def test_what_would_mislead_is_refused_with_its_line(tmp_path, part, line, said):
    spec = spec_with(tmp_path, **{part: line})
    with pytest.raises(SpecError) as refused:
        refuse_unbuilt(spec)
    assert said in refused.value.message
    assert refused.value.hint


def test_a_plain_spec_is_not_refused_and_uses_all_that_it_says(tmp_path):
    spec = spec_with(tmp_path)
    refuse_unbuilt(spec)
    assert list(unused_keys(spec)) == []


def test_keys_that_change_nothing_are_named(tmp_path):
    spec = spec_with(tmp_path, data='items = "items.csv"', compute="budget = 60")
    assert list(unused_keys(spec)) == ["[compute] budget", "[data] items"]


def test_attributes_of_items_are_read_of_rankings_alone(tmp_path):
    spec = spec_with(tmp_path, data='items = "items.csv"\nitem_groups = ["kind"]')
    assert list(unused_keys(spec, "ClassScores")) == ["[data] items", "[data] item_groups"]
    assert not {"[data] items", "[data] item_groups"} & set(unused_keys(spec, "Rankings"))


def test_keys_of_another_task_are_named(tmp_path):
    spec = spec_with(tmp_path, data="k = 5\nlevel = 0.9")
    assert list(unused_keys(spec, "ClassScores")) == ["[data] level", "[data] k"]
    assert list(unused_keys(spec, "Values")) == ["[data] k"]


RAW = 'scores = ["points"]\npositive = "yes"\ntarget = "y"\nscore_kind = "score"'


def test_one_column_of_raw_scores_needs_a_threshold(tmp_path):
    spec = spec_with(tmp_path, data=RAW)
    with pytest.raises(SpecError, match="from which 'points' on a row is positive") as refused:
        refuse_unbuilt(spec)
    assert "threshold = " in refused.value.hint
    refuse_unbuilt(spec_with(tmp_path, data=RAW + "\nthreshold = 50"))


def test_raw_scores_of_each_class_need_no_threshold(tmp_path):
    refuse_unbuilt(spec_with(tmp_path, data=RAW.replace('["points"]', '["a", "b"]')))


def test_several_targets_may_be_called_multilabel(tmp_path):
    refuse_unbuilt(spec_with(tmp_path, task='task = "multilabel"', data='target = ["a", "b"]'))
