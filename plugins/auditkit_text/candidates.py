"""Classes that a model was not trained on, put to it in words: a template, and what stands in its gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditkit import ModelError, Text
from auditkit.checkpoints import names_of

GAP = "{}"
_EXAMPLE = 'template = "This note is about {}."'


@dataclass(frozen=True)
class Candidates:
    """What a model is asked about each text, in the order of the classes' names, however the spec orders them."""

    template: str
    words: tuple[str, ...]
    """What stands in the gap."""
    classes: tuple[str, ...]
    """What the target calls each of them."""

    @classmethod
    def of(
        cls, template: str, words: Sequence[str], *, labels: Mapping[str, str], targets: Sequence[str], several: bool
    ) -> Candidates:
        """The candidates that a spec names, or the target's classes where it names none.

        Args:
            template: a sentence with one gap.
            words: `[model] candidates`; empty: the target's classes.
            labels: `[model] labels`, from these words to the target's classes.
            targets: what the data call the classes; empty: they do not say.
            several: whether several of them can be right.

        Raises:
            ModelError: the template has not one gap, there is nothing to choose from, or a target is none of them.
        """
        if template.count(GAP) != 1:
            raise ModelError(f"[model] template is '{template}', which has {template.count(GAP)} gaps", hint=_EXAMPLE)
        given = tuple(words) or (tuple(labels) if labels else tuple(targets))
        _refuse(given, several=several)
        named = names_of(given, labels=labels, targets=targets)
        order = sorted(range(len(given)), key=lambda place: named[place])
        return cls(template, tuple(given[place] for place in order), tuple(named[place] for place in order))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The template with each of the candidates in its gap."""
        return tuple(self.template.replace(GAP, word) for word in self.words)

    def note(self, score: Text) -> Text:
        """What the report says of them.

        Args:
            score: how a score is made of the model's answers.
        """
        listed = [
            f"'{word}'" if word == name else f"'{word}' ({name})"
            for word, name in zip(self.words, self.classes, strict=True)
        ]
        shown: Text | str = ", ".join(listed[:_SHOWN])
        if len(listed) > _SHOWN:
            shown = Text.of("{listed} and {more} more", listed=shown, more=len(listed) - _SHOWN)
        return Text.of(
            "the classes were put to the model in words, '{template}' of {candidates}; a score is {score}",
            template=self.template,
            candidates=shown,
            score=score,
        )


_SHOWN = 30


def _refuse(given: Sequence[str], *, several: bool) -> None:
    least = 1 if several else 2
    if len(given) < least:
        raise ModelError(
            f"there is nothing to choose from: {len(given)} candidates",
            hint='[model] candidates = ["asthma", "diabetes"], what stands in the gap of the template',
        )
    twice = next((word for word, count in Counter(given).items() if count > 1), None)
    if twice is not None:
        raise ModelError(f"[model] candidates names '{twice}' twice", hint="name each once")
    if not all(word.strip() for word in given):
        raise ModelError("[model] candidates holds an empty text", hint="leave it out")


def refuse_without_template(**options: object) -> None:
    """Refuse what is of candidates alone in a spec that has no template."""
    said = next((name for name, value in options.items() if value), None)
    if said is not None:
        raise ModelError(
            f"[model] {said} is of models that are asked in words, and there is no template",
            hint=f"{_EXAMPLE}, or leave {said} out",
        )
