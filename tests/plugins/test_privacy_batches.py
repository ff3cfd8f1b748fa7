"""Many texts looked at together: what is found is what each recogniser finds in each text alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit_privacy.personal.planted import _BUSY, _PERSONAL
from auditkit_privacy.recognisers import RECOGNISERS, batch, scan, scan_all

PARTS = (
    *_BUSY, *_PERSONAL, "192.168.1.20", "10.2.2.9.1", "fe80::1ff:fe23:4567:890a", "2001:db8:0:1:1:1:1:1",
    "00:1A:2B:3C:4D:5E", "001a.2b3c.4d5e", "a-b-c", "GB82 WEST 1234 5698 7654 32", "DE89370400440532013000",
    "4111 1111 1111 1111", "4111-1111-1111-1111", "378282246310005", "943 476 5919", "NHS 9434765919", "536-90-4399",
    "ssn 536904399", "11010519491231002X", "tel. 030 1234567", "电话 010-62345678", "13812345678", "+49 30 1234567",
    "(202) 555-0143", "202-555-0143", "Call 1234567", "call 2024-03-17", "https://ann:secret@host.example/x",
    "a.jones@mail.example.org", "AKIAIOSFODNN7EXAMPLE", "api_key=Zk3v9Q0pLm2Xw8Rt5Yb7Nc", "-----BEGIN PRIVATE KEY-----",
    "\0", "a" * 14, "_" * 15, "Tel.\n(333. 351-3602", "fe80::1%eth0", "%1.2.3.4", "\u0130", "platelets 250000 4",
    "accession 20240317001234", "1.2.840.113619.2.55", "::", "+1", "+", "0", " ", "-", ".", "(",
    "\n", "é", "\u017f", "MOB\u0131LE 2345678", "\ud800",
)  # fmt: skip


def found(texts):
    assert list(scan_all(texts)) == [scan(text) for text in texts]
    for recogniser in RECOGNISERS:
        together = list(recogniser.find_all(batch.Batch(texts)))
        assert together == [(number, span) for number, text in enumerate(texts) for span in recogniser.find(text)]


@given(st.lists(st.lists(st.sampled_from(PARTS), max_size=6).map("".join), min_size=1, max_size=5))
def test_texts_of_known_parts_are_scanned_alike_together_and_alone(texts):
    found(texts)


SIGNS = "0123456789" * 3 + "+ ().-:/@aAxXfF\n"


@given(st.lists(st.text(st.sampled_from(SIGNS), max_size=40), min_size=1, max_size=6))
def test_texts_of_digits_and_separators_are_too(texts):
    found(texts)


@given(st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_any_texts_are_too(texts):
    found(texts)


def test_a_thousand_notes_are_too_and_what_is_personal_in_them_is_found():
    draw = random.Random(4)
    notes = [" ".join(draw.choices(PARTS, k=9)) + f" {draw.randint(0, 10**17)}" for _ in range(1_000)]
    spans = list(scan_all(notes))
    assert spans == [scan(note) for note in notes]
    assert {span.kind for one in spans for span in one} == {recogniser.kind for recogniser in RECOGNISERS}


def test_texts_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch):
    notes = [f"note {place}, call +1 202 555 01{place:02}" for place in range(50)]
    whole = list(scan_all(notes))
    monkeypatch.setattr("auditkit_privacy.recognisers._AT_ONCE", 90)
    assert list(scan_all(notes)) == whole
    assert list(scan_all([])) == []
    assert np.mean([len(one) == 1 for one in whole]) == 1
