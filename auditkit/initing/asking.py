"""From two names to a draft with nothing open: by what was said, what is safe to guess, and questions at a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.errors import DataError
from auditkit.initing.answers import Answers, OpenQuestionsError, Question
from auditkit.initing.drafting import Draft, Scene, make_draft
from auditkit.initing.pairing import choose_pair
from auditkit.initing.surveying import (
    Survey,
    glimpse,
    refuse_unknown_data,
    refuse_unknown_model,
    survey_data,
    survey_model,
    with_rows,
)
from auditkit.recognising import Glimpse

if TYPE_CHECKING:
    from auditkit.host import Host

Ask = Callable[[Question], Any]
"""Asks a person; what it returns is the answer, None for none."""


@dataclass(frozen=True)
class Seen:
    """What lies at the two names."""

    models: Survey
    data: Survey


def look(host: Host, model: str | None, data: str | None, answers: Answers) -> Seen:
    """Survey a model and its data; one name alone is the data's, unless it is a model.

    Raises:
        AuditError: nothing lies there, or nobody knows what it is.
    """
    if data is None and model is not None:
        model, data = _only_one(host, model)
    if data is None:
        raise DataError("no data file is named", hint="auditkit init MODEL DATA")
    of_data = survey_data(host, glimpse(data, what="data"))
    refuse_unknown_data(of_data)
    at = glimpse(model, what="model") if model is not None else Glimpse("")
    of_model = survey_model(host, with_rows(at, of_data.known[0].found))
    if answers.get("model.adapter") is None and not _names_predictions(answers):
        refuse_unknown_model(of_model)
    return Seen(of_model, of_data)


def _names_predictions(answers: Answers) -> bool:
    return any(f"data.{key}" in answers for key in ("scores", "predicted", "generated", "rankings"))


def _only_one(host: Host, written: str) -> tuple[str | None, str | None]:
    """Whether the only name is a model's: then the data are missing."""
    seen = glimpse(written, what="model")
    if seen.is_url or (survey_model(host, seen).known and not survey_data(host, seen).known):
        raise DataError(f"{seen.called} is a model, and no data file is named", hint="auditkit init MODEL DATA")
    return None, written


def settle(seen: Seen, answers: Answers, *, out: Path, ask: Ask | None) -> tuple[Scene, Draft]:
    """A draft in which nothing is open.

    Args:
        seen: what lies there.
        answers: what was said by options.
        out: where the spec will lie.
        ask: asks a person; None: there is nobody, and what is safe to guess is guessed.

    Raises:
        OpenQuestionsError: something is open, and there is nobody to ask; it names the option for each.
    """
    if _names_predictions(answers) and answers.get("model.adapter") is None:
        answers = answers.also("model.adapter", "recorded")
    while True:
        pair = choose_pair(seen.models, seen.data, answers)
        if isinstance(pair, Question):
            answers = _asked(ask, answers, [pair])
            continue
        data_at = seen.data.seen.path
        assert data_at is not None  # noqa: S101  data are no address
        scene = Scene(pair, seen.models.seen.path, data_at, out)
        draft = make_draft(scene, answers)
        waiting = [*draft.open, *(draft.guessed if ask is not None else [])]
        if not waiting:
            return scene, draft
        answers = _asked(ask, answers, waiting)


def _asked(ask: Ask | None, answers: Answers, waiting: list[Question]) -> Answers:
    if ask is not None:
        # In the order of the flow: what the first answer is decides what the next question is.
        question = min(waiting, key=lambda one: _ORDER.index(one.key) if one.key in _ORDER else len(_ORDER))
        return answers.also(question.key, ask(question))
    raise OpenQuestionsError(tuple(waiting))


_ORDER = ("model.adapter", "data.encoding", "data.target", "data.positive", "data.input", "data.groups", "data.unit")
