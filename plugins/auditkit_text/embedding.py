"""A model of sentence embeddings as a classifier: which candidate's sentence points where the text does?"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auditkit import ClassScores, Encoded, ModelError, NotApplicable
from auditkit.checkpoints import quiet, read_object
from auditkit.devices import Replica
from auditkit_text.candidates import Candidates
from auditkit_text.model import TextModel
from auditkit_text.tokens import read_texts

_POOLINGS = ("mean", "cls", "max")
_OLD = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max"}
_HINT = 'audit its answers from a file: [model] adapter = "recorded"'
_TINY = 1e-8
"""Below it a vector's length counts as this, as torch's cosine_similarity has it."""


@dataclass(frozen=True)
class Layout:
    """What a folder of sentence-transformers says of how a text becomes a vector; without one, the mean over tokens."""

    pooling: str = "mean"
    longest: int | None = None
    """Tokens of a text."""


def layout_of(folder: Path) -> Layout:
    """The layout of a folder: modules.json, and the settings that it names.

    Raises:
        ModelError: it has parts other than a transformer, its pooling and a normalisation, or a pooling, a prompt or a
            spelling that this does not do.
    """
    if not (folder / "modules.json").is_file():
        return Layout()
    pooling = _pooling(folder, _modules(folder))
    settings = _settings(folder, "sentence_bert_config.json")
    if settings.get("do_lower_case"):
        raise ModelError("the model wants its texts in lower case, by 'do_lower_case'", hint=_HINT)
    prompt = _settings(folder, "config_sentence_transformers.json").get("default_prompt_name")
    if prompt:
        raise ModelError(f"the model wants a prompt before every text, '{prompt}'", hint=_HINT)
    longest = settings.get("max_seq_length")
    return Layout(pooling, longest if isinstance(longest, int) and longest > 0 else None)


def _modules(folder: Path) -> str:
    """The folder of the pooling's settings."""
    file = folder / "modules.json"
    # A list, where the other settings are objects.
    if file.stat().st_size > _LARGEST:
        raise ModelError(f"'modules.json' of the model has {file.stat().st_size:,} bytes", hint=_HINT)
    try:
        found = [
            (str(one["type"]).rpartition(".")[2], str(one["path"])) for one in list(json.loads(file.read_text("utf-8")))
        ]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ModelError(f"'modules.json' of the model is no list of modules: {error}", hint=_HINT) from error
    kinds = [kind for kind, _ in found] or ["nothing"]
    if kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        raise ModelError(
            f"the model makes a vector by {', '.join(map(repr, kinds[:8]))}, and text-classifier by a transformer and "
            "a pooling alone",
            hint=_HINT,
        )
    if found[0][1]:
        raise ModelError(f"the model's transformer lies in a folder of its own, '{found[0][1][:100]}'", hint=_HINT)
    return found[1][1]


_LARGEST = 1 << 20
_LONGEST = 200
"""Characters of a folder's name; a file system refuses to look for much longer ones."""


def _pooling(folder: Path, path: str) -> str:
    if path in {"", ".", ".."} or Path(path).name != path or len(path) > _LONGEST:
        raise ModelError(f"'modules.json' names '{path[:100]}', which is no folder of the model's", hint=_HINT)
    settings = _settings(folder, f"{path}/config.json")
    modes = settings.get("pooling_mode") or [name for name, said in settings.items() if _is_mode(name) and said is True]
    named = [_OLD.get(str(mode), str(mode)) for mode in (modes if isinstance(modes, list) else [modes])]
    if len(named) != 1 or named[0] not in _POOLINGS:
        raise ModelError(
            f"the model's pooling is {', '.join(map(repr, named[:4])) or 'not named'}, and text-classifier does "
            f"{', '.join(_POOLINGS)}",
            hint=_HINT,
        )
    return named[0]


def _is_mode(name: str) -> bool:
    return name.startswith("pooling_mode_")


def _settings(folder: Path, name: str) -> dict[str, Any]:
    file = folder / name
    return read_object(file, hint=_HINT) if file.is_file() else {}


@dataclass(frozen=True, kw_only=True)
class Similarity(TextModel):
    """A transformers module with its tokenizer, whose texts and sentences become vectors."""

    pooling: str
    candidates: Candidates
    temperature: float | None

    def predict(self, inputs: Any) -> ClassScores:
        """The cosine of each text with each candidate's sentence; with a temperature, the softmax of cosine / it.

        Raises:
            OutOfMemory: the batch does not fit on the device.
        """
        cosines = _unit(self.embed(inputs)) @ self._asked.T
        if self.temperature is None:
            return ClassScores(self.candidates.classes, cosines, "score")
        raised = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / self.temperature)
        return ClassScores(self.candidates.classes, raised / raised.sum(axis=1, keepdims=True))

    def embed(self, inputs: Any) -> Any:
        """[n, d]: the model's vector of each text."""
        return self._vectors(read_texts(inputs))

    def encoded(self, inputs: Any) -> Encoded:  # noqa: ARG002  of the protocol
        """Refused: the outputs are no function of the embeddings of one text's tokens alone."""
        raise NotApplicable("the model compares a text's vector with those of the candidates, and has no logits")

    @functools.cached_property
    def _asked(self) -> Any:
        """[k, d]: the directions of the candidates' sentences."""
        return _unit(self._vectors(list(self.candidates.sentences)))

    def _vectors(self, texts: list[str]) -> Any:
        if not texts:
            return np.zeros((0, self.module.config.get_text_config().hidden_size), dtype=np.float32)
        with quiet():
            return self.place.answers(self._forward, texts, called="texts")

    def _forward(self, replica: Replica, texts: list[str]) -> Any:
        return self.encoder.each(texts, replica.device, functools.partial(self._pooled_by, replica.module))

    def _pooled_by(self, module: Any, batch: dict[str, Any]) -> Any:
        import torch

        states = module(**batch).last_hidden_state.float()
        if self.pooling == "cls":
            return states[:, 0].cpu().numpy()
        mask = batch["attention_mask"][:, :, None]
        if self.pooling == "max":
            return states.masked_fill(mask == 0, -torch.inf).amax(1).cpu().numpy()
        return ((states * mask).sum(1) / mask.sum(1).clamp(min=1)).cpu().numpy()


def _unit(vectors: Any) -> Any:
    wide = np.asarray(vectors, dtype=np.float64)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), _TINY)
