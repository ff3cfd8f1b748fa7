"""Edits of a text: who somebody is swapped, masked or removed, and as much of other words of the same text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from auditkit.perturbation.lexicon import Attribute, Found, swapped_part

SWAP, MASK, REMOVE = "swap", "mask", "remove"
EDITS = (SWAP, MASK, REMOVE)
MARK = "___"
"""What stands for a masked word, of who somebody is and of other words alike."""

_PAIRS = (
    ("again", "anew"), ("also", "too"), ("although", "though"), ("approximately", "approx"), ("began", "started"),
    ("big", "large"), ("bp", "blood pressure"), ("but", "yet"), ("complains of", "reports"), ("currently", "now"),
    ("days", "dys"), ("doctor", "physician"), ("during", "throughout"), ("examination", "exam"),
    ("frequently", "often"), ("given", "provided"), ("got", "received"), ("help", "aid"), ("history", "hx"),
    ("hospital", "clinic"), ("hours", "hrs"), ("however", "still"), ("hr", "heart rate"), ("mainly", "mostly"),
    ("medication", "meds"), ("minutes", "mins"), ("months", "mths"), ("near", "close to"), ("needs", "requires"),
    ("on", "upon"), ("patient", "pt"), ("presents with", "comes with"), ("said", "stated"), ("sats", "saturation"),
    ("seen", "examined"), ("shows", "displays"), ("some", "certain"), ("temperature", "temp"), ("till", "until"),
    ("very", "quite"), ("wants", "wishes"), ("ward", "unit"), ("weeks", "wks"), ("while", "whilst"),
    ("with", "having"), ("years", "yrs"),
    ("病人", "患者"), ("因为", "由于"), ("开始", "起初"), ("目前", "现在"), ("以及", "还有"), ("同时", "并且"),
    ("经常", "常常"), ("需要", "须要"), ("非常", "十分"), ("随后", "然后"), ("入院", "住院"), ("就诊", "就医"),
    ("以来", "至今"), ("偶尔", "有时"), ("病房", "病区"), ("来院", "到院"), ("主诉", "自述"), ("的", "之"),
    ("和", "与"), ("为", "是"), ("已", "已经"),
)  # fmt: skip
"""Words that say the same of a patient, for the control of a swap."""
_LOOSE = (
    ("a", "one"), ("about", "around"), ("all", "every"), ("and", "plus"), ("for", "over"), ("has", "had"),
    ("in", "within"), ("is", "was"), ("such", "those"), ("the", "this"), ("today", "yesterday"), ("under", "below"),
    ("when", "once"), ("monday", "tuesday"), ("wednesday", "thursday"), ("friday", "saturday"),
    ("january", "february"), ("march", "april"), ("june", "july"), ("august", "september"), ("october", "november"),
    ("今天", "昨天"), ("今日", "昨日"), ("上午", "下午"), ("周一", "周二"), ("周三", "周四"), ("周五", "周六"),
    ("在", "于"),
)  # fmt: skip
"""Words that say much the same: for texts that hold too few of the others."""
_NEUTRAL = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_ALMOST = {one: other for pair in _LOOSE for one, other in (pair, pair[::-1])}
_IS_HAN = re.compile("[\u4e00-\u9fff]")


def _whole(word: str) -> str:
    return word if _IS_HAN.search(word) else rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])"


_NEUTRAL_WORDS = re.compile(
    "|".join(map(_whole, sorted({*_NEUTRAL, *_ALMOST}, key=lambda word: (-len(word), word)))), re.IGNORECASE
)
_WORD = re.compile(r"(?<![\w-])[A-Za-z]+(?:['-][A-Za-z]+)*(?![\w-])")
_ARTICLE = re.compile(r"\b(an?)\s$", re.IGNORECASE)
_RUN = re.compile("[\u4e00-\u9fff]+")
Span = tuple[int, int, str]
"""Where a part of a text begins and ends, and what stands there after an edit."""


@dataclass(frozen=True)
class Edited:
    """A text after an edit of who somebody is, and after a neutral edit of the same size."""

    protected: str
    neutral: str


def edited(
    text: str,
    attribute: Attribute,
    edit: str,
    drawn: Callable[[str], np.random.Generator],
    others: Iterable[Attribute] = (),
) -> Edited | None:
    """One edit of a text, and its control; None: the text holds no word of the attribute, or nothing to compare with.

    Args:
        text: the text.
        attribute: whose words are edited.
        edit: swap, mask or remove.
        drawn: makes random numbers of a name.
        others: attributes whose words a neutral edit leaves as they are too.
    """
    found = attribute.found(text)
    if not found or (edit == SWAP and not attribute.swaps(text)):
        return None
    spans = _spans(text, found, edit, _steps(attribute, drawn("side")))
    if not spans:
        return None
    taken = [(one.start, one.end) for each in (attribute, *others) for one in each.found(text)]
    neutral = neutral_spans(text, taken, edit, [one.end - one.start for one in found], drawn("control"))
    made = Edited(replaced(text, spans), replaced(text, neutral))
    is_edit = text not in {made.protected, made.neutral} and made.protected.strip() and made.neutral.strip()
    return made if is_edit else None


def told_of_side(
    text: str,
    attribute: Attribute,
    side: int,
    drawn: Callable[[str], np.random.Generator],
    others: Iterable[Attribute] = (),
) -> Edited | None:
    """The text with every word of an attribute on one side, and with as many other words swapped for like ones.

    None: the text holds no word of another side, one has no counterpart on this side, the other side would make no
    sense of the text, or there is no other word to swap.

    Args:
        text: the text.
        attribute: whose words are swapped.
        side: to which.
        drawn: makes random numbers of a name.
        others: attributes whose words the control leaves as they are too.
    """
    found = [one for one in attribute.found(text) if one.side != side]
    if not found or not attribute.swaps(text) or not all(one.others[side] for one in found):
        return None
    spans = []
    for one in found:
        start, end = swapped_part(one)
        word = cased(one.others[side], text, start, end, one.others[one.side])
        spans.append(_after_article(text, start, end, word))
    taken = [(one.start, one.end) for each in (attribute, *others) for one in each.found(text)]
    neutral = neutral_spans(text, taken, SWAP, [one.end - one.start for one in found], drawn("control"))
    made = Edited(replaced(text, spans), replaced(text, neutral))
    return None if text in {made.protected, made.neutral} else made


def _steps(attribute: Attribute, rng: np.random.Generator) -> int:
    """By how many sides a swap goes on: the same for all words of a text."""
    return int(rng.integers(1, len(attribute.sides)))


def _spans(text: str, found: Sequence[Found], edit: str, steps: int) -> list[Span]:
    if edit == MASK:
        return [(one.start, one.end, MARK) for one in found]
    if edit == REMOVE:
        return [removed(text, one.start, one.end) for one in found]
    spans = []
    for one in found:
        start, end = swapped_part(one)
        if other := _other(one, steps):
            spans.append(_after_article(text, start, end, cased(other, text, start, end, one.others[one.side])))
    return spans


def _after_article(text: str, start: int, end: int, word: str) -> Span:
    """A word, and the article before it in the form that it wants: an elderly, a young."""
    article = _ARTICLE.search(text[:start])
    if article is None or not word[:1].isalpha():
        return start, end, word
    wanted = "an" if word[0].lower() in "aeiou" else "a"
    return article.start(), end, f"{wanted[0].upper() if article[1][0].isupper() else wanted[0]}{wanted[1:]} {word}"


def _other(found: Found, steps: int) -> str:
    """What stands there for the side so many on; where that has no word, for the next that has."""
    sides = len(found.others)
    for more in range(sides):
        place = (found.side + steps + more) % sides
        if place != found.side and found.others[place]:
            return found.others[place]
    return ""


def cased(word: str, text: str, start: int, end: int, listed: str) -> str:
    """A word in the case of the one in whose place it comes."""
    before = text[start:end]
    if before.isupper() and len(before) > 1:
        return word.upper()
    if listed[:1].isupper() and re.search(r"(?:^|[.!?]\s)$", text[:start]) is None:
        return word  # "Asian" has a capital wherever it stands, and lends it to nobody
    return word[:1].upper() + word[1:] if before[:1].isupper() else word


def removed(text: str, start: int, end: int) -> Span:
    """A word taken out, and with it the space after it, or before it at an end."""
    if text[end : end + 1] == " ":
        return start, end + 1, ""
    if start and text[start - 1] == " ":
        return start - 1, end, ""
    return start, end, ""


def replaced(text: str, spans: Sequence[Span]) -> str:
    """A text with some parts replaced; parts may touch, as two words of which each goes with a space."""
    made, at = [], 0
    for start, end, other in sorted(spans):
        made += [text[at : max(start, at)], other]
        at = max(at, end)
    return "".join([*made, text[at:]])


def neutral_spans(
    text: str, taken: Sequence[tuple[int, int]], edit: str, sizes: Sequence[int], rng: np.random.Generator
) -> list[Span]:
    """The control of an edit: as many other words, of much the same length, at random places of the same text."""
    free = _neutral(text) if edit == SWAP else _words(text, sizes)
    free = [one for one in free if not any(one[0] < end and start < one[1] for start, end in taken)]
    chosen: list[Span] = []
    for size in sizes:
        free = [one for one in free if not any(one[0] < end and start < one[1] for start, end, _ in chosen)]
        if not free:
            break
        # Words that say the same go first; of these the nearest in length, within three letters any.
        off = [
            (edit == SWAP and text[one[0] : one[1]].lower() in _ALMOST, max(abs(one[1] - one[0] - size) - 3, 0))
            for one in free
        ]
        near = [place for place, one in enumerate(off) if one == min(off)]
        chosen.append(free[int(rng.choice(near))])
    if edit == REMOVE:
        return [removed(text, start, end) for start, end, _ in chosen]
    return [(start, end, MARK) for start, end, _ in chosen] if edit == MASK else chosen


def _neutral(text: str) -> list[Span]:
    found = []
    for match in _NEUTRAL_WORDS.finditer(text):
        word = match.group().lower()
        other = _NEUTRAL.get(word) or _ALMOST[word]
        found.append((match.start(), match.end(), cased(other, text, match.start(), match.end(), "")))
    return found


def _words(text: str, sizes: Sequence[int]) -> list[Span]:
    """Words of letters, and in Chinese, which has no spaces, parts of the sizes that are wanted."""
    found: list[Span] = [(match.start(), match.end(), "") for match in _WORD.finditer(text)]
    for match in _RUN.finditer(text):
        for size in sorted({min(size, 4) for size in sizes}):
            found += [(start, start + size, "") for start in range(match.start(), match.end() - size + 1)]
    return found
