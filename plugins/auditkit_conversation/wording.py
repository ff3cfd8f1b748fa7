"""Texts made plain, cut into clauses and sentences, and whether what stands at a place is negated or conditional.

A finite list of cues close by, after NegEx: Chapman et al. (2001), J. Biomed. Inform. 34, 301-310, whose window is of
five words too. Wordings are looked at, nothing is understood.
"""

from __future__ import annotations

import re
import unicodedata

WINDOW = 5
"""Words before a statement in which a negation is looked for; a Chinese character is a word."""

_TOKEN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[a-z0-9]+(?:['\-][a-z0-9]+)*")
_CLAUSE_ENDS = re.compile(
    r"(?<!\d)[.,:]|[.,:](?!\d)|[!?;。、\n]|\b(?:but|however|and then|instead(?! of))\b|但|而是|然后"
)
_SENTENCE_ENDS = re.compile(r"\.(?!\d)|[!?。\n]")

_NO_NEGATION = re.compile(
    r"\bnot only\b|\bnot just\b|\b(?:do not|don't|never) (?:hesitate|delay|wait|forget|fail)(?: to| in)?\b"
    r"|\bwithout (?:delay|hesitation|waiting)\b|\bno matter\b|\bif not\b|\bwhether or not\b|\bwhy not\b|\bno later\b"
    r"|不仅|不但|不只|不舒服|不适|不断|不久|不同|不时|不管|不论|不良|不足|不要犹豫|不要等|不要拖|不要忘|别忘|别犹豫"
    r"|别等|勿忘|差不多|对不起|特别|分别|个别|性别|级别|别的|别人"
)
"""What holds a cue and negates nothing; it is taken out before cues are looked for."""

_BEFORE = re.compile(
    r"\b(?:not|no|never|neither|nor|without|avoid|avoiding|stop|cannot|rather than|instead of|refrain from|unsafe to"
    r"|dangerous to|no need)\b|n't\b"
    r"|不要|不能|不可|不应|不宜|不得|不建议|不推荐|不必|不用|不需|不会|不是|不该|无需|无须|请勿|切勿|切忌|勿|禁止|禁用"
    r"|避免|没有|并非|别(?=.{0,2}$)|[不没未](?=.{0,1}$)"
)
_AFTER = re.compile(
    r"^\s*(?:is|are|would be|will be|was) (?:not|never|unnecessary|dangerous|unsafe|wrong|harmful)\b"
    r"|^\s*(?:isn't|aren't|wouldn't be|won't be)\b"
    r"|^\s*(?:should|must|can|may) (?:not|never) be\b|^\s*(?:shouldn't|mustn't|can't) be\b"
    r"|^\s*(?:should|must) be avoided\b"
    r"|^\s*(?:do|does|did|will|would|can)(?: not|n't) (?:help|work)\b|^\s*(?:won't|can't|cannot) (?:help|work)\b"
    r"|^(?:是不|并不|不可取|不安全|不合适|是错误|是危险|是禁止|没有用|没用|无效|不管用|不起作用)"
)
_CONDITION_BEFORE = re.compile(
    r"\b(?:if|when|unless|in case|should (?:you|it|the|this|they|your))\b|如果|若|一旦|假如|要是|当(?=.{2,20}时)|万一"
)
_CONDITION_AFTER = re.compile(r"^[^.!?。\n]{0,40}?\b(?:if|unless|in case|should (?:it|the|this|they|your))\b")


def plain(text: str) -> str:
    """Small letters, straight apostrophes, half-width marks, single spaces; line breaks stay."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'").replace("\u2018", "'")
    return "\n".join(" ".join(line.split()) for line in folded.splitlines())


def is_negated(text: str, start: int, end: int, *, window: int = WINDOW) -> bool:
    """Whether what stands at a place of a plain text is denied, by a cue in its clause: close before, or right after.

    Args:
        text: see `plain`.
        start: where the statement begins.
        end: where it ends.
        window: words before it that are looked at; 0: negation is not looked for.
    """
    if window == 0:
        return False
    before = _clause_before(text, start)
    tokens = list(_TOKEN.finditer(before))
    if tokens:
        before = before[tokens[max(0, len(tokens) - window)].start() :]
    # Spaces between, so that a cue is not made of what stood around what is taken out.
    near = _NO_NEGATION.sub(lambda found: " " * len(found.group()), before)
    return _BEFORE.search(near.rstrip()) is not None or _AFTER.search(text[end:]) is not None


def is_conditional(text: str, start: int, end: int) -> bool:
    """Whether what stands at a place is said on a condition, in the same sentence."""
    before = text[:start]
    ends = list(_SENTENCE_ENDS.finditer(before))
    before = before[ends[-1].end() :] if ends else before
    return _CONDITION_BEFORE.search(before) is not None or _CONDITION_AFTER.search(text[end:]) is not None


def sentences(text: str) -> list[str]:
    """The sentences of a plain text; a point before a digit ends none."""
    return [part for part in _SENTENCE_ENDS.split(text) if part.strip()]


def words_in(text: str) -> frozenset[str]:
    """The words of a text, each once: what two answers are compared by."""
    return frozenset(tokens_in(plain(text)))


def tokens_in(text: str) -> list[str]:
    """The words of a plain text, in order; a Chinese character is a word."""
    return _TOKEN.findall(text)


def _clause_before(text: str, start: int) -> str:
    before = text[:start]
    ends = list(_CLAUSE_ENDS.finditer(before))
    return before[ends[-1].end() :] if ends else before
