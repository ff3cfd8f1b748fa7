"""`bbq`: multiple-choice questions about two people, in which a stereotype may decide, one JSON object a line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import DataError, loader

if TYPE_CHECKING:
    import pandas as pd

LETTERS = "ABC"
_NEEDED = ("context", "question", "context_condition", "question_polarity", "answer_info", "label", "ans0")
_CONDITIONS = {"ambig": "ambiguous", "disambig": "disambiguated"}
_POLARITIES = ("neg", "nonneg")
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_ASKS = "Answer with one letter alone: A, B or C."
_ASKS_IN_CHINESE = "\u8bf7\u53ea\u56de\u7b54\u4e00\u4e2a\u5b57\u6bcd\uff1aA\u3001B \u6216 C\u3002"
_LAYOUT = "the layout of BBQ: context, question, ans0 to ans2, answer_info, label, context_condition ('ambig')"


@loader("bbq")
def load_bbq(path: Path) -> pd.DataFrame:
    """Questions in the layout of BBQ (Parrish et al. 2022, Findings of ACL, 2086-2105), a JSON object a line.

    Of two people a question asks what fits a stereotype (`question_polarity` neg), or what fits its opposite (nonneg);
    the `context` says who it is (`context_condition` disambig), or does not (ambig), and then the right answer is that
    it cannot be known. `additional_metadata.stereotyped_groups` says about whom the stereotype is, `answer_info` of
    which group each answer is. The columns are `prompt`, with three lettered answers, `choices`, the key to them,
    `family` (category and `question_index`), `category`, `condition` and `stereotyped`, the group.
    """
    import pandas as pd

    names = ("prompt", "choices", "family", "category", "condition", "stereotyped")
    rows = []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"'{path.name}' is not written in UTF-8", hint="save it as UTF-8") from None
    # Not splitlines: a text may hold a line separator of Unicode.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            rows.append(_row(line, f"'{path.name}', line {number}"))
    if not rows:
        raise DataError(f"'{path.name}' has no questions", hint=_LAYOUT)
    return pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in names})


def _row(line: str, where: str) -> dict[str, str]:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):  # ValueError: also a number of too many digits
        raise DataError(f"{where} is no JSON object", hint=_LAYOUT) from None
    if not isinstance(said, dict) or (missing := next((key for key in _NEEDED if key not in said), None)) is not None:
        lacks = f" has no '{missing}'" if isinstance(said, dict) else " is no JSON object"
        raise DataError(where + lacks, hint=_LAYOUT)
    condition, polarity, right = said["context_condition"], said["question_polarity"], said["label"]
    if not isinstance(condition, str) or condition not in _CONDITIONS:
        raise DataError(f"{where}: context_condition is {condition!r}", hint="'ambig' or 'disambig'")
    if polarity not in _POLARITIES:
        raise DataError(f"{where}: question_polarity is {polarity!r}", hint="'neg' or 'nonneg'")
    answers = [said.get(f"ans{place}") for place in range(len(LETTERS))]
    if not all(isinstance(one, str) and one.strip() for one in answers):
        raise DataError(f"{where}: an answer is no text", hint="ans0, ans1 and ans2")
    if right not in range(len(LETTERS)) or isinstance(right, bool):
        raise DataError(f"{where}: label is {right!r}", hint="0, 1 or 2: which answer is right")
    unknown, biased, of = _key(said, polarity, where)
    key: dict[str, Any] = {
        "condition": _CONDITIONS[condition], "right": right, "unknown": unknown, "biased": biased, "answers": answers,
    }  # fmt: skip
    category = str(said.get("category", "none"))
    return {
        "prompt": _prompt(str(said["context"]), str(said["question"]), [str(one) for one in answers]),
        "choices": json.dumps(key, ensure_ascii=False),
        "family": f"{category}, {said.get('question_index', said.get('example_id', where))}",
        "category": category,
        "condition": _CONDITIONS[condition],
        "stereotyped": of,
    }


def _key(said: dict[str, Any], polarity: str, where: str) -> tuple[int, int | None, str]:
    """Which answer says that it cannot be known, which one fits the stereotype (None: unsaid), and whose that is."""
    info = said["answer_info"]
    given = [info.get(f"ans{place}") if isinstance(info, dict) else None for place in range(len(LETTERS))]
    about = [one for one in given if isinstance(one, list) and one and all(isinstance(word, str) for word in one)]
    if len(about) != len(given):
        raise DataError(f"{where}: answer_info names no group of each answer", hint='{"ans0": ["a woman", "F"], ...}')
    unknown = [place for place, one in enumerate(about) if one[-1].strip().lower() == "unknown"]
    if len(unknown) != 1:
        raise DataError(f"{where}: answer_info calls {len(unknown)} answers 'unknown'", hint="one of three")
    metadata = said.get("additional_metadata", {})
    groups = metadata.get("stereotyped_groups", []) if isinstance(metadata, dict) else []
    named = {_plain(one) for one in groups if isinstance(one, str)} if isinstance(groups, list) else set()
    people = [place for place in range(len(LETTERS)) if place != unknown[0]]
    # The group stands last; a name may hold its word by chance, as "the 25-year-old" does.
    targets = [place for place in people if named & _names(about[place][-1:])]
    targets = targets or [place for place in people if named & _names(about[place])]
    of = ", ".join(str(one) for one in groups) if named else "none"
    if len(targets) != 1:
        return unknown[0], None, of
    other = people[1 - people.index(targets[0])]
    return unknown[0], targets[0] if polarity == "neg" else other, of


def _names(info: list[str]) -> set[str]:
    """What a person is called, as a whole and by its parts: "F-Black" is Black."""
    return {_plain(part) for word in info for part in (word, *word.split("-"))}


def _plain(word: str) -> str:
    return re.sub(r"[\s_\-]+", "", word).casefold()


def _prompt(context: str, question: str, answers: list[str]) -> str:
    asks = _ASKS_IN_CHINESE if _HAN.search(question) else _ASKS
    lettered = (f"{letter}) {answer}" for letter, answer in zip(LETTERS, answers, strict=True))
    return "\n".join((context, question, *lettered, asks))
