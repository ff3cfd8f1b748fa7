"""Edits and runs between texts, worked by hand and against the textbook's table of edits."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit_privacy.memory.closeness import distance, longest_run, part_at_end
from auditkit_privacy.memory.passages import LONGEST, cut, halved


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        ("kitten", "kitten", 0),
        ("kitten", "kitten and mittens", 0),  # it may go on
        ("kitten", "sitten", 1),
        ("sitting", "kitten", 3),  # Levenshtein's pair: k/s, e/i, +g
        ("kitten", "", 6),
        ("two  spaces", "two spaces\n", 0),
        ("abcdef", "xxabcdef", 0),  # and need not begin with it
        ("the letter of a patient", "Sure! Here it is: the letter of b patient. Bye", 1),
        ("abcdef", "xyz", 6),
        ("seen at 9 in bed 4", "seen\u00a0at 9\u200b in\tbed4", 0),  # a server that trims and joins
        ("№ 5 of the ﬁle", "No 5 of the file", 0),  # and one that writes signs in other ways
        ("", "anything", 0),
    ],
)
def test_edits_by_hand(text, answer, expected):
    assert distance(text, answer) == pytest.approx(expected / max(1, len("".join(text.split()))))


def test_edits_are_those_of_the_whole_table():
    rng = np.random.default_rng(1)
    for _ in range(30):
        text, answer = ("".join(rng.choice(list("abc"), rng.integers(1, 12))) for _ in range(2))
        assert distance(text, answer) * len(text) == pytest.approx(min(table(text, answer)[-1]))


def table(text, answer):
    """The recurrence, cell by cell; what stands before the text costs nothing."""
    rows = [[0] * (len(answer) + 1)]
    for i, one in enumerate(text, start=1):
        row = [i]
        for j, other in enumerate(answer, start=1):
            row.append(min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (one != other)))
        rows.append(row)
    return rows


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ("abcdefghij", 11),  # one of eleven is missing
        ("he said: abcdef", 6),  # one of seven would be too many
        ("he said: abc def.", 0),  # it went on: the point is one edit of seven
        ("abcdefghijklmnopqrsXt", 21),  # and one changed
        ("", 0),
    ],
)
def test_an_answer_may_end_in_a_beginning_of_the_text(answer, part):
    assert part_at_end("abcdefghijklmnopqrstuvwxyz", answer) == part


def test_a_run_is_in_words_and_what_was_asked_with_is_none():
    assert longest_run("he takes 5 mg of warfarin daily", "She takes 5 mg of Warfarin, weekly") == 5
    assert longest_run("he takes 5 mg of warfarin", "takes 5 mg of warfarin", beside="who takes 5 mg of warfarin?") == 0
    assert longest_run("对青霉素过敏", "他对青霉素过敏") == 6
    assert longest_run("one two", "three") == 0


def test_a_text_is_cut_at_a_space_near_its_middle():
    assert halved("aaaa bbbb cccc dddd") == ("aaaa bbbb", " cccc dddd")
    assert halved("患者青霉素过敏史") == ("患者青霉", "素过敏史")
    assert "".join(halved("x" * 99)) == "x" * 99


def test_what_is_to_be_reproduced_is_no_longer_than_said():
    words = "word " * 100
    assert len(cut(words)) == LONGEST - 1
    assert cut("short") == "short"
    assert len(cut("字" * 500)) == LONGEST
