"""The search for a word that decides: chosen on one half of the people, put in and taken out on the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable
from auditkit.perturbation import DECIDING, column_of, flipped, taken, text_column, with_column
from auditkit.perturbation.editing import removed, replaced
from auditkit_explainability.relying.halves import Halves, furthest, scores_of

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

CONTROLS = 4
"""Words that tell the scores least, put in and taken out of the same rows: what any word does."""

_MOST = 4000
"""Words that are looked at, the commonest first."""
_LONGEST = 30
_LATIN = re.compile(r"(?<![\w-])[A-Za-z]{2,}(?:['-][A-Za-z]+)*(?![\w-])")
_ENDS = " .!?;,。!?;,"
"""What a text ends with, before which there is room for one more word."""
_RUN = re.compile("[\u4e00-\u9fff]+")
_TITLED = re.compile(r"\b(?:mr|mrs|ms|miss|dr|prof|sister|nurse)\.?\s+([a-z'-]+)", re.IGNORECASE)
_TITLED_HAN = re.compile("([\u4e00-\u9fff]{2})(?:先生|女士|医生|医师|护士|主任)")


@dataclass(frozen=True)
class Word:
    """A word that people's texts hold."""

    word: str
    """In lower case."""
    written: str
    """As it is written most often."""
    is_told: bool
    """Whether a report may write it down: it does not look like somebody's name."""


def words_of(text: str) -> set[str]:
    """The words of letters, in lower case, and each two Chinese characters that stand side by side."""
    found = {match.group().lower() for match in _LATIN.finditer(text) if len(match.group()) <= _LONGEST}
    for match in _RUN.finditer(text):
        run = match.group()
        found |= {run[place : place + 2] for place in range(len(run) - 1)}
    return found


def candidates(texts: Sequence[str], people: Integers, least: int) -> tuple[list[Word], Flags]:
    """Words that the texts of so many people hold, and those of so many others do not: and [n, words], who holds which.

    Args:
        texts: [n].
        people: [n], whose each is.
        least: how many people.
    """
    held = [words_of(text) for text in texts]
    rows: dict[str, list[int]] = {}
    for row, words in enumerate(held):
        for word in words:
            rows.setdefault(word, []).append(row)
    everybody = set(people.tolist())
    kept = []
    for word, places in rows.items():
        holders = set(people[places].tolist())
        others = everybody - holders
        if len(holders) >= least and len(others) >= least:
            kept.append(word)
    kept = sorted(kept, key=lambda word: (-len(rows[word]), word))[:_MOST]
    flags = np.zeros((len(texts), len(kept)), dtype=bool)
    for place, word in enumerate(kept):
        flags[rows[word], place] = True
    return _as_written(kept, texts), flags


def _as_written(words: Sequence[str], texts: Sequence[str]) -> list[Word]:
    wanted = set(words)
    forms: dict[str, Counter[str]] = {}
    titled: set[str] = set()
    for text in texts:
        for match in _LATIN.finditer(text):
            if match.group().lower() in wanted:
                forms.setdefault(match.group().lower(), Counter())[match.group()] += 1
        titled |= {match[1].lower() for match in _TITLED.finditer(text)}
        titled |= {match[1] for match in _TITLED_HAN.finditer(text)}
    made = []
    for word in words:
        seen = forms.get(word)
        # A name is never written without a capital; a word that begins a sentence is, somewhere else.
        is_name = word in titled or (seen is not None and word not in seen)
        # Of forms that are as common the first by name.
        written = word if seen is None else min(seen, key=lambda form: (-seen[form], form))
        made.append(Word(word, written, not is_name))
    return made


def toggled(text: str, word: Word, rng: np.random.Generator) -> str:
    """A text without a word that it holds, or with one that it does not, at a random place between two words."""
    pattern = re.compile(
        rf"(?<![\w-]){re.escape(word.word)}(?![\w-])" if word.word.isascii() else re.escape(word.word), re.IGNORECASE
    )
    places = [removed(text, match.start(), match.end()) for match in pattern.finditer(text)]
    if places:
        return replaced(text, places).strip() or "."
    is_spaced = word.word.isascii()
    gaps = [match.start() for match in re.finditer(r"\s", text)] if is_spaced else _han_gaps(text)
    at = int(rng.choice([*gaps, len(text.rstrip(_ENDS))]))
    return f"{text[:at]}{' ' * is_spaced}{word.written}{text[at:]}"


def _han_gaps(text: str) -> list[int]:
    """Before marks between clauses: there a word splits no other."""
    return [match.start() for match in re.finditer("[,。;、,.;]", text)]


@dataclass(frozen=True)
class Chosen:
    """The words that are tried, those that the control is made of, and towards what each word goes."""

    tried: list[Word]
    controls: list[Word]
    score: Integers
    """[tried]: which of the scores it tells."""
    sign: Integers
    """[tried]: 1 where who holds it scores higher, -1 lower."""


def choose(words: Sequence[Word], held: Flags, scores: Floats, weights: Floats, most: int) -> Chosen:
    """The words whose holders' scores are furthest from the others', by the correlation of holding it with the score.

    Args:
        words: the candidates.
        held: [n, words], of the rows that are chosen on.
        scores: [n, k].
        weights: [n].
        most: words at most.

    Raises:
        NotApplicable: no word is held by some of these rows, and not by others.
    """
    mass = weights / weights.sum()
    share = mass @ held
    centred = scores - mass @ scores
    together = (held * mass[:, None]).T @ centred
    spread = np.sqrt(np.maximum(mass @ centred**2, 0.0))
    scale = np.sqrt(share * (1 - share))[:, None] * spread
    tells = np.divide(together, scale, out=np.zeros_like(together), where=scale > 1e-12)  # noqa: PLR2004  rounding
    known = np.flatnonzero((share > 0) & (share < 1))
    if not len(known):
        raise NotApplicable("no word is held by many people and not by as many others")
    best = np.abs(tells).argmax(axis=1)
    strength = np.abs(tells)[np.arange(len(words)), best]
    order = sorted(known.tolist(), key=lambda place: (-round(float(strength[place]), 9), words[place].word))
    controls = min(CONTROLS, len(order) // 2)
    tried = order[: min(most, len(order) - controls)]
    weakest = order[len(order) - controls :]
    sign = np.where(tells[tried, best[tried]] >= 0, 1, -1)
    return Chosen([words[at] for at in tried], [words[at] for at in weakest], best[tried], sign)


def search(
    case: Case[Any], *, column: str, most_words: int, most_rows: int, people: int, may_decide: Sequence[str] = ()
) -> dict[str, npt.NDArray[Any]]:
    """Every word that is tried, on the half that it was not chosen on.

    Returns:
        `effects` [words, n]: how much higher a row scores with the word than without it, towards where it goes, less
        what the words of the control do; `flips` [words, n]; NaN in rows that are not asked about. `towards` [words]:
        twice the score's place, and 1 more where it goes up. `letters` [words, n]: the word's code points, -1 after
        them; 0 at first where it is not to be told.
    """
    column = text_column(case.inputs, column)
    texts = [str(text) for text in column_of(case.inputs, column)]
    halves = Halves.of(case)
    words, held = candidates(texts, halves.people, people)
    settled = {word.lower() for word in may_decide}
    tried = [place for place, word in enumerate(words) if word.word not in settled]
    words, held = [words[place] for place in tried], held[:, tried]
    if not words:
        raise NotApplicable("no word is held by {least} people and not by as many others", least=people)
    scores = scores_of(case, case.predictions)
    weights = np.ones(len(texts)) if case.weights is None else case.weights
    mine = halves.first & (weights > 0)
    chosen = choose(words, held[mine], scores[mine], weights[mine], most_words)
    rows = halves.asked(case, ~halves.first & (weights > 0), most_rows)
    effects, flips = _asked(case, column, texts, rows, chosen)
    letters = np.full((len(chosen.tried), len(texts)), -1.0)
    for place, word in enumerate(chosen.tried):
        code = [ord(one) for one in word.word] if word.is_told and len(word.word) <= len(texts) else [0]
        letters[place, : len(code)] = code
    towards = 2.0 * chosen.score + (chosen.sign > 0)
    return {"effects": effects, "flips": flips, "towards": towards, "letters": letters}


def _asked(case: Case[Any], column: str, texts: Sequence[str], rows: Integers, chosen: Chosen) -> tuple[Floats, Floats]:
    before = scores_of(case, case.predictions)[rows]
    own = case.predictions.take(rows)
    present: list[Floats] = []
    turns: list[Floats] = []
    broken: list[Flags] = []
    for word in (*chosen.tried, *chosen.controls):
        made = [toggled(texts[row], word, case.rng(f"{word.word}: {texts[row]}")) for row in rows.tolist()]
        given = with_column(taken(case.inputs, rows), column, made)
        sound = case.predict_sound(given, {"toggled": word.word})
        after = before.copy()
        after[sound.rows] = scores_of(case, sound.predictions)
        left = np.ones(len(rows), dtype=bool)
        left[sound.rows] = False
        broken.append(left)
        is_held = np.array([word.word in words_of(texts[row]) for row in rows.tolist()])
        present.append((after - before) * np.where(is_held, -1.0, 1.0)[:, None])
        turned = left.astype(float)
        if isinstance(sound.predictions, DECIDING):
            turned[sound.rows] = flipped(case, own.take(sound.rows), sound.predictions)
        turns.append(turned)
    count = len(chosen.tried)
    any_word = np.mean(present[count:], axis=0) if chosen.controls else np.zeros_like(before)
    effects = np.full((count, len(texts)), np.nan)
    flips = np.full((count, len(texts)), np.nan)
    for place in range(count):
        beyond = (present[place] - any_word)[:, chosen.score[place]] * chosen.sign[place]
        # An answer that is none any more is the word's doing, whatever its direction.
        effects[place, rows] = np.where(broken[place], furthest(case), beyond)
        flips[place, rows] = turns[place]
    return effects, flips
