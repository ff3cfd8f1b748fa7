"""What a token classifier calls its outputs, such as `B-DRUG`, and the entities that such tags spell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from auditkit import ModelError
from auditkit.checkpoints import names_of

MARKS = {"B": "B", "I": "I", "E": "E", "L": "E", "S": "S", "U": "S"}
"""How an entity's words are marked: begins, inside, ends (IOBES) or last (BILOU), single or unit."""

Span = tuple[int, int, str, float]


@dataclass(frozen=True)
class Tag:
    """One output of the model: `O`, outside of all entities, or a mark and an entity's label."""

    mark: str
    """O, B, I, E or S; of labels that carry no mark, I."""
    label: str = ""


OUTSIDE = Tag("O")


@dataclass(frozen=True)
class Word:
    """What the model said of one word."""

    start: int
    end: int
    """Characters of the text, the end left out."""
    tag: Tag
    score: float


def read_tags(given: Sequence[str], *, labels: Mapping[str, str], targets: Sequence[str]) -> tuple[Tag, ...]:
    """The model's outputs as tags, their labels called as the data call them.

    Args:
        given: the names in config.json, in the order of the outputs.
        labels: `[model] labels`, from whole names (`LABEL_1`) to tags (`B-DRUG`), or from labels (`Drug`) to those of
            the data (`DRUG`).
        targets: the data's labels of entities; empty: they do not say.

    Raises:
        ModelError: no output says `O`, some carry a mark and others none, `labels` maps what the model lacks, or the
            data hold an entity that the model has no label for.
    """
    written = [labels.get(name, name) for name in given]
    tags = _parsed(written)
    own = list(dict.fromkeys(tag.label for tag in tags if tag.label))
    kept = {name: to for name, to in labels.items() if name not in given}
    called = dict(zip(own, names_of(own, labels=kept, targets=targets), strict=True))
    renamed = tuple(Tag(tag.mark, called[tag.label]) if tag.label else tag for tag in tags)
    twice = next((tag for tag, count in Counter(renamed).items() if count > 1 and tag != OUTSIDE), None)
    if twice is not None:
        raise ModelError(
            f"two outputs of the model are '{twice.mark}-{twice.label}'",
            hint="[model] labels gives each of them another name",
        )
    return renamed


def _parsed(written: Sequence[str]) -> list[Tag]:
    listed = ", ".join(f"'{name}'" for name in written[:8])
    if "O" not in written:
        raise ModelError(
            f"no output of the model is 'O', outside of all entities: they are {listed}",
            hint='[model] labels = {LABEL_0 = "O", LABEL_1 = "B-DRUG"} says what each output is',
        )
    rest = [name for name in written if name != "O"]
    bare = [name for name in rest if name[:2] not in {f"{mark}-" for mark in MARKS} or len(name) == len("B-")]
    if bare and len(bare) < len(rest):
        raise ModelError(
            f"some outputs of the model carry a mark, and '{bare[0]}' none: they are {listed}",
            hint=f'[model] labels = {{"{bare[0]}" = "O"}} when it is no entity, or "I-{bare[0]}"',
        )
    if bare:
        return [Tag("I", name) if name != "O" else OUTSIDE for name in written]
    return [Tag(MARKS[name[0]], name[2:]) if name != "O" else OUTSIDE for name in written]


def spans_of(words: Iterable[Word]) -> Iterator[Span]:
    """The entities that the words of one text spell: start, end, label, and the mean of its words' scores.

    A word goes on with the entity before it when its label is the same and its mark I or E, and that entity has not
    ended; otherwise it begins another, which is how conlleval and transformers read `I-` too.
    """
    entity: list[Word] = []
    for word in words:
        if entity and not _goes_on(entity[-1].tag, word.tag):
            yield _span(entity)
            entity = []
        if word.tag != OUTSIDE:
            entity.append(word)
    if entity:
        yield _span(entity)


def _goes_on(before: Tag, tag: Tag) -> bool:
    return tag.label == before.label and tag.mark in "IE" and before.mark in "BI"


def _span(entity: Sequence[Word]) -> Span:
    score = sum(word.score for word in entity) / len(entity)
    return entity[0].start, entity[-1].end, entity[0].tag.label, score
