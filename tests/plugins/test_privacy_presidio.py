"""presidio's patterns beside our own: numbers of other countries by their check digits, and what is refused."""

from __future__ import annotations

import importlib.util

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, Texts
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.personal_data import personal_data
from auditkit_privacy.recognisers import scan_all

INSTALLED = importlib.util.find_spec("presidio_analyzer") is not None
needs_presidio = pytest.mark.skipif(not INSTALLED, reason="pip install 'auditkit[privacy]'")

FISCAL = "RSSMRA85T10A562S"
"""The form of the agency's own example: Mario Rossi, born 10 December 1985; its check letter is S."""
PESEL = "44051401359"
"""By hand: weights 1 3 7 9 1 3 7 9 1 3 over 4405140135 give 101, and 10 - 1 = 9."""


def case_of(*texts: str):
    scores = ClassScores(("no", "yes"), np.full((len(texts), 2), 0.5))
    return toy_case(scores, inputs=pd.Series(list(texts), dtype=object))


def rates(said, metric):
    return {m.label: m.value for m in said.of(metric)}


@pytest.mark.parametrize(
    ("entities", "reason"),
    [
        (["US_SSN"], "looked for anyhow, as 'US social security number'"),
        (["UUID"], "names no person"),
        (["PL_PESEL", "PL_PESEL"], "twice"),
    ],
)
def test_what_need_not_be_asked_of_presidio_is_refused(entities, reason):
    with pytest.raises(AuditError, match=reason):
        ask(personal_data, case_of("a"), {"presidio": entities})


@pytest.mark.skipif(INSTALLED, reason="presidio is installed")
def test_without_presidio_the_error_says_what_to_install():
    with pytest.raises(AuditError, match="needs presidio_analyzer") as refused:
        ask(personal_data, case_of("a"), {"presidio": ["PL_PESEL"]})
    assert "auditkit[privacy]" in refused.value.hint


@needs_presidio
def test_an_unknown_entity_is_refused_with_those_that_there_are():
    with pytest.raises(AuditError, match="no pattern recogniser for 'PL_PESELL'") as refused:
        ask(personal_data, case_of("a"), {"presidio": ["PL_PESELL"]})
    assert "PL_PESEL" in refused.value.hint
    assert "US_SSN" not in refused.value.hint


@needs_presidio
def test_numbers_of_other_countries_are_found_by_their_check_digits():
    wrong = FISCAL[:-1] + "T", PESEL[:-1] + "8"
    case = case_of(f"codice fiscale {FISCAL}", f"PESEL {PESEL}", " ".join(wrong), "BP 120/80")
    said = rates(ask(personal_data, case, {"presidio": ["IT_FISCAL_CODE", "PL_PESEL"]}), "personal_data_rate")
    assert (said["IT_FISCAL_CODE"], said["PL_PESEL"], said[None]) == (0.25, 0.25, 0.5)
    assert rates(ask(personal_data, case, {}), "personal_data_rate")[None] == 0.0


@needs_presidio
def test_what_our_own_patterns_found_is_not_counted_again():
    (spans,) = scan_all(["IBAN DE89 3704 0044 0532 0130 00"], ["DE_SOCIAL_SECURITY", "DE_TAX_ID", "PL_PESEL"])
    assert [span.kind for span in spans] == ["IBAN"]


@needs_presidio
def test_an_answer_that_gives_such_a_number_of_a_training_row_away_is_a_leak_however_it_is_spelt():
    training = toy_case(Texts((("",),)), inputs=pd.Series([f"the son, {PESEL}"], dtype=object))
    asked = pd.Series(["who?", "who?"], dtype=object)
    case = with_splits(toy_case(Texts(((PESEL,), ("nobody",))), inputs=asked), training=training)
    said = ask(personal_data, case, {"presidio": ["PL_PESEL"]})
    assert rates(said, "personal_data_leak_rate")[None] == 0.5
    assert rates(ask(personal_data, case, {}), "personal_data_leak_rate")[None] == 0.0
    assert PESEL not in repr(said)
