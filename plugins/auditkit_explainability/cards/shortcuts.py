"""The metric cards of the search for shortcuts."""

from __future__ import annotations

from auditkit import MetricCard

_SEARCH = (
    "Geirhos et al. (2020), Shortcut learning in deep neural networks, Nat. Mach. Intell. 2, 665-673; Wang et al. "
    "(2022), Identifying and mitigating spurious correlations for improving robustness in NLP models, Findings of "
    "NAACL, with an intervention in the place of attention"
)
_HELD_OUT = (
    "chosen on one half of the people and tested on the other; interval: Student's over rows, of probabilities no "
    "closer than Wilson's limits of what is more and of what is less, at their effective size, combined (Zou and "
    "Donner 2008, Stat. Med. 27, 1693-1702), at Bonferroni's level over all that were tried"
)
_MAY = (
    "A word, or a place, may rightly decide: 'unconscious' does, and so does the middle of a film. Which may, people "
    "must say."
)

EFFECT = MetricCard(
    name="shortcut_effect",
    title="Effect of a single word, or a single place of a picture",
    asks="How far does the score move with one word, or one place of a picture, whatever else a row holds?",
    formula="a word: mean over rows of (score with it - score without it), taken out of the texts that hold it and put "
    "into those that do not, towards the class that it went with on the other half, less the same of four words that "
    "tell the score least. A place: mean over rows of |change of the score| when it is filled with the picture's mean "
    "colour, and when it is that of a picture that is answered otherwise, less the same of six places drawn at random. "
    "Without conditions: the largest of all that were tried",
    source=f"{_SEARCH}; {_HELD_OUT}",
    better="lower",
    undefined="When no word is held by enough people and not by enough others, or fewer than ten people are left to "
    "test on.",
    misleads=f"{_MAY} Only the words that tell the score best are tried, one at a time: two that decide together, or a "
    "rare one, are not seen.",
)
FLIPS = MetricCard(
    name="shortcut_flip_rate",
    title="Decisions that change with a shortcut",
    asks="How often does the decision turn when a word, or a place of a picture, that was found comes or goes?",
    formula="rows whose decision is another one with the word taken out, or put in / rows tested on; of a place the "
    "mean over its two changes",
    source=f"{_SEARCH}; interval: Wilson (1927), of means or units at the effective size, of this one alone",
    better="lower",
    undefined="When nothing was found, or the model decides nothing.",
    misleads=f"It is told of what was found alone. {_MAY}",
)
COUNT = MetricCard(
    name="shortcuts_found",
    title="Single words, or places of pictures, that decide",
    asks="How many single words, or places of a picture, move the score by more than `least` on average?",
    formula="of all that were tried, those whose interval of `shortcut_effect` lies above `least`; the interval ends "
    "with those whose own reaches above it",
    source=f"{_SEARCH}; {_HELD_OUT}",
    better="lower",
    undefined="When nothing could be tried.",
    misleads=f"With few rows intervals are wide: none found is no proof that there is none, see its interval. {_MAY}",
)
SHORTCUTS = (EFFECT, FLIPS, COUNT)
