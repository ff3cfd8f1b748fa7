"""One metric, one meaning: what the cards of all installed checks have to agree in."""

from __future__ import annotations

import unicodedata
from itertools import groupby

import pytest

from auditkit.host import Host

CARDS = sorted(
    (card for check in Host.installed().checks.values() for card in check.metrics), key=lambda card: card.name
)
BY_NAME = [(name, list(cards)) for name, cards in groupby(CARDS, key=lambda card: card.name)]


@pytest.mark.parametrize(("name", "cards"), BY_NAME, ids=[name for name, _ in BY_NAME])
def test_cards_of_one_metric_agree_in_what_page_one_says(name, cards):
    assert len({(card.title, card.asks, card.better) for card in cards}) == 1, name


def test_two_checks_do_explain_one_metric():
    assert max(len(cards) for _, cards in BY_NAME) > 1


def test_no_two_metrics_share_a_title():
    titles = [cards[0].title for _, cards in BY_NAME]
    assert len(titles) == len(set(titles))


@pytest.mark.parametrize("card", CARDS, ids=lambda card: card.name)
def test_no_card_needs_a_font_that_few_machines_have(card):
    """Every PDF has the cards in it; of a letter without a font its first page would say that it is a box."""
    assert not [letter for letter in card.model_dump_json() if unicodedata.east_asian_width(letter) in {"W", "F"}]
