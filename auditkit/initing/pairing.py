"""Which adapter and which loader go together: the most certain of those whose inputs the data have."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from auditkit.errors import DataError, did_you_mean
from auditkit.initing.answers import Answers, Question
from auditkit.initing.columns import columns_of
from auditkit.initing.surveying import Known, Survey
from auditkit.recognising import Recognised


@dataclass(frozen=True)
class Pair:
    """The adapter and the loader of a spec."""

    model: Known
    loader: Known
    others: tuple[Known, ...] = ()
    """Adapters that could open the same, and were less certain."""

    @property
    def rivals(self) -> str:
        """The end of a comment that names them."""
        return f"; it could also be: {', '.join(one.id for one in self.others)}" if self.others else ""


def choose_pair(models: Survey, data: Survey, answers: Answers) -> Pair | Question:
    """The adapter and the loader, or the question which of several that are alike.

    Raises:
        DataError: what was said is not installed, or no adapter takes such data.
    """
    adapters = _said(models, answers, "model.adapter", "--adapter")
    loaders = _said(data, answers, "data.loader", "--loader")
    fitting = [
        (adapter, loader)
        for adapter in adapters
        for loader in loaders
        if _fit(adapter.found, loader.found, data.seen.path)
    ]
    if not fitting:
        wanted = ", ".join(f"'{one.id}' takes {_TAKES.get(one.found.takes or '', 'rows')}" for one in adapters)
        raise DataError(
            f"'{data.seen.written}' ({loaders[0].id}) is not what the model takes: {wanted}",
            hint="name the table or folder that it was evaluated on; or another adapter with --adapter",
        )
    best = max(adapter.rank for adapter, _ in fitting)
    first = list(dict.fromkeys(adapter.id for adapter, _ in fitting if adapter.rank == best))
    if len(first) > 1:
        reasons = "; ".join(f"{one.id}: {one.found.reason}" for one in adapters if one.id in first)
        return Question("model.adapter", f"which adapter opens the model ({reasons})", None, tuple(first))
    pairs = [pair for pair in fitting if pair[0].id == first[0]]
    adapter, loader = max(pairs, key=lambda pair: pair[1].rank)
    others = tuple(one for one in adapters if one.id != adapter.id and any(one is pair[0] for pair in fitting))
    return Pair(adapter, loader, others)


_TAKES = {
    "text": "texts",
    "image": "images",
    "columns": "columns of a table",
    "interactions": "interactions of users and items",
    "nothing": "a table of predictions",
}


def _said(survey: Survey, answers: Answers, key: str, option: str) -> list[Known]:
    """Who knows it; only the one that was named, where one was."""
    named = answers.get(key)
    if named is None:
        return list(survey.known)
    found = survey.of(str(named))
    if found is not None:
        return [found]
    for id, error in survey.refused:
        if id == named:
            raise error
    if named in survey.gives:  # whoever says so knows better than the adapter's recogniser
        return [Known(str(named), Recognised("sure", "as you said", gives=survey.gives[str(named)]))]
    known = survey.gives or [one.id for one in survey.known]
    says = "is not installed" if survey.gives else f"does not read '{survey.seen.written}'"
    raise DataError(f"{option} '{named}' {says}", hint=did_you_mean(str(named), known))


def _fit(model: Recognised, loader: Recognised, data: Path | None) -> bool:
    """Whether the data have what the model takes."""
    if model.takes == "interactions" or loader.makes == "interactions":
        return model.takes in {"interactions", None} and loader.makes == "interactions"
    if model.takes == "image":
        return loader.makes == "image" or _names_images(loader, data)
    if loader.makes == "image":
        return model.takes in {"mixed", "nothing", None}
    if model.takes == "columns":
        return loader.makes is None and not _names_images(loader, data)
    return True


def _names_images(loader: Recognised, data: Path | None) -> bool:
    if loader.rows is None or data is None:
        return False
    return any(column.names_images for column in columns_of(loader.rows).values())
