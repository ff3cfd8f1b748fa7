"""From recorded columns to predictions: scores, labels and classes that mean what the target means, or an error."""

import json
from pathlib import Path

import numpy as np
import pytest
from datadesk import PLAIN, Desk

from auditkit.errors import AuditError
from auditkit.predictions import ClassScores, LabelScores


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


SCORES = 'target = "y"\nscores = ["s"]\npositive = "1"'


def test_missing_score_is_refused_and_so_is_a_score_that_is_no_number(desk):
    desk.write("a.csv", "y,s\n1,0.5\n0,NA\n")
    assert "'a.csv' column 's' holds 'NA' in row 2; wanted a number" in desk.refused(SCORES)
    assert "first in row 2" in desk.refused(SCORES + '\nmissing = ["NA"]')
    for bad in ("inf", "nan", "-0.2", "1.5", ""):
        desk.write("a.csv", f"y,s\n1,0.5\n0,{bad}\n")
        assert "first in row 2" in desk.refused(SCORES), bad


@pytest.mark.parametrize("positive", ["1", '"1"', "true", '["1"]'])
def test_positive_and_targets_of_any_type_meet(desk, positive):
    yes, no = ("true", "false") if positive == "true" else ("1", "0")
    desk.write("a.csv", f"y,s\n{yes},0.75\n{no},0.5\n{no},0.25\n")
    case = desk.case(f'target = "y"\nscores = ["s"]\npositive = {positive}')
    assert case.predictions.classes == (no, yes)
    assert case.positives == (yes,)
    assert case.predictions.scores.tolist() == [[0.25, 0.75], [0.5, 0.5], [0.75, 0.25]]
    assert case.decisions.tolist() == [1, 0, 0]  # a tie goes to the first class
    assert case.targets.labels() == [yes, no, no]


def test_threshold_is_met_at_the_score_itself(desk):
    desk.write("a.csv", "y,s\n1,0.3\n0,0.29\n")
    assert desk.case(SCORES + "\nthreshold = 0.3").decisions.tolist() == [1, 0]


def test_one_score_column_that_is_no_probability_keeps_its_order(desk):
    desk.write("a.csv", "y,s\n1,3.5\n0,-2\n0,0\n")
    case = desk.case(SCORES + '\nscore_kind = "score"')
    assert case.predictions.kind == "score"
    assert case.decisions.tolist() == [1, 0, 0]


def test_single_score_needs_to_know_whose_it_is_and_cannot_serve_three_classes(desk):
    desk.write("a.csv", "y,s\na,0.5\nb,0.5\nc,0.2\n")
    assert "needs to know whose score" in desk.refused('target = "y"\nscores = ["s"]')
    assert "cannot tell 3 classes apart" in desk.refused('target = "y"\nscores = ["s"]\npositive = "a"')


def test_labels_of_the_model_are_mapped_to_the_targets(desk):
    desk.write("a.csv", "y,LABEL_0,LABEL_1\nno,0.9,0.1\nyes,0.4,0.6\n")
    both = 'target = "y"\nscores = ["LABEL_0", "LABEL_1"]'
    assert "which is none of the model's classes" in desk.refused(both)
    case = desk.case(both, model='labels = {LABEL_0 = "no", LABEL_1 = "yes"}')
    assert case.predictions.classes == ("no", "yes")
    assert case.targets.codes.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("columns", "classes"), [("p_no,p_yes", '["no", "yes"]'), ("p_yes,p_no", '["yes", "no"]'), ("a,b", "[...]")]
)
def test_columns_that_are_no_labels_of_the_target_need_their_classes_said(desk, columns, classes):
    desk.write("a.csv", f"y,{columns}\nno,0.9,0.1\nyes,0.4,0.6\n")
    with pytest.raises(AuditError, match="which is none of the model's classes") as caught:
        desk.case(f'target = "y"\nscores = {json.dumps(columns.split(","))}\npositive = "yes"')
    assert f"[data] classes = {classes}" in caught.value.hint


def test_positive_that_is_no_column_needs_the_classes_said_without_a_target_too(desk):
    desk.write("a.csv", "p_no,p_yes\n0.9,0.1\n")
    with pytest.raises(AuditError, match="the positive class is 'yes', which is none") as caught:
        desk.case('scores = ["p_no", "p_yes"]\npositive = "yes"')
    assert "[data] classes = [...]" in caught.value.hint


def test_labels_alone_are_scores_of_zero_and_one(desk):
    desk.write("a.csv", "y,p,g\nno,no,a\nyes,no,a\nmaybe,yes,b\n")
    case = desk.case(model='labels = {no = "no"}')
    assert case.predictions.kind == "label"
    assert case.predictions.classes == ("maybe", "no", "yes")
    assert case.decisions.tolist() == [1, 1, 2]
    desk.write("a.csv", "y,p,g\nno,no,a\nyes,,a\n")
    assert "has no prediction in 1 rows, first in row 2" in desk.refused()


@pytest.mark.parametrize(("yes", "no"), [("Yes", "NO"), ("yes ", "no "), ("\u00a0yes", "no")])
def test_prediction_that_spells_a_target_in_another_way_is_refused(desk, yes, no):
    desk.write("a.csv", f"y,p,g\nno,{no},a\nyes,{yes},a\n")
    with pytest.raises(AuditError, match="and the target holds '") as caught:
        desk.case()
    assert "did you mean" in caught.value.hint
    assert f'"{yes}" = "yes"' in caught.value.hint
    case = desk.case(model=f'labels = {{"{yes}" = "yes", "{no}" = "no"}}')
    assert case.predictions.classes == ("no", "yes")
    assert case.decisions.tolist() == case.targets.codes.tolist()


def test_whole_numbers_that_were_written_as_fractions_are_refused(desk):
    desk.write("a.csv", "y,p,g\n0,0.0,a\n1,1.0,a\n")
    assert "holds '0.0', and the target holds '0'" in desk.refused()


def test_predictions_that_share_no_label_with_the_target_are_refused(desk):
    desk.write("a.csv", "y,p,g\nno,LABEL_0,a\nyes,LABEL_1,a\n")
    assert "'a.csv' column 'p' holds none of the target's labels, but 'LABEL_0'" in desk.refused()


def test_spellings_that_the_spec_names_are_classes_of_their_own(desk):
    desk.write("a.csv", "y,p,g\nyes,Yes,a\nYes,yes,a\n")
    assert desk.case().predictions.classes == ("Yes", "yes")
    desk.write("a.csv", "y,p,g\nyes,Yes,a\nno,no,a\n")
    assert desk.case(PLAIN + '\nclasses = ["Yes", "no", "yes"]').decisions.tolist() == [0, 1]


def test_labels_alone_in_batches_need_their_classes_said(desk):
    desk.write("a.csv", "y,p,g\n" + "a,a,x\n" * 4 + "a,b,x\n" * 2)
    assert "batches differ in their classes" in desk.refused(model="batch_size = 3")
    case = desk.case(PLAIN + '\nclasses = ["a", "b"]', model="batch_size = 3")
    assert case.decisions.tolist() == [0, 0, 0, 0, 1, 1]


def test_several_labels_at_once(desk):
    desk.write("a.csv", "y1,y2,s1,s2\n1,0,0.9,0.2\n0,true,0.1,0.5\n")
    data = 'target = ["y1", "y2"]\nscores = ["s1", "s2"]\nclasses = ["one", "two"]'
    case = desk.case(data)
    assert isinstance(case.predictions, LabelScores)
    assert case.predictions.labels == ("one", "two")
    assert case.label_targets.tolist() == [[True, False], [False, True]]
    assert case.label_decisions.tolist() == [[True, False], [False, True]]
    desk.write("a.csv", "y1,y2,s1,s2\n1,2,0.9,0.2\n")
    assert "column 'y2' holds '2'" in desk.refused(data)
    desk.write("a.csv", "y1,y2,s1,s2\n1,,0.9,0.2\n")
    assert "column 'y2'" in desk.refused(data)


def test_batches_of_seven_say_what_the_whole_says(desk):
    rng = np.random.default_rng(0)
    scores = rng.random(50).round(3)
    desk.write("a.csv", "y,s\n" + "".join(f"{row % 2},{score}\n" for row, score in enumerate(scores)))
    whole = desk.case(SCORES).predictions
    batched = desk.case(SCORES, model="batch_size = 7").predictions
    assert isinstance(whole, ClassScores)
    assert np.array_equal(whole.scores, batched.scores)
    assert np.array_equal(whole.scores[:, 1], scores)
