"""Folders in the layout of transformers, and of peft, by what their JSON says: nothing of the library is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditkit.recognising.glimpse import Glimpse, Setting

_HEADS = {
    "SEQ_CLS": "ForSequenceClassification",
    "TOKEN_CLS": "ForTokenClassification",
    "CAUSAL_LM": "ForCausalLM",
}
"""What peft calls a task -> how the class of such a model's name ends."""
_MOST_CLASSES = 100_000


@dataclass(frozen=True)
class PretrainedFolder:
    """What the JSON files of a folder say of the model in it."""

    architecture: str
    """The class that it was saved as, e.g. `BertForSequenceClassification`; of LoRA weights, the end of its name."""
    config: Mapping[str, Any]
    settings: tuple[Setting, ...] = ()
    """What opening it needs: a base, or trust that only a person can give."""
    is_lora: bool = False

    @property
    def reason(self) -> str:
        """How the class is known."""
        file = "adapter_config.json names LoRA weights" if self.is_lora else "config.json names"
        return f"{file} {'of a model ' if self.is_lora else ''}{self.architecture}"

    @property
    def classes(self) -> tuple[str, ...]:
        """What it calls its outputs, in their order; none: it does not say, or numbers them alone."""
        named = self.config.get("id2label")
        if not isinstance(named, dict) or len(named) > _MOST_CLASSES:
            return ()
        try:
            return tuple(str(named[key]) for key in sorted(named, key=int))
        except (TypeError, ValueError):  # its keys are no numbers: it does not say
            return ()

    @property
    def outputs(self) -> int:
        """How many numbers its head gives; transformers counts two where config.json is silent."""
        count = self.config.get("num_labels")
        return count if isinstance(count, int) else len(self.classes) or 2

    @property
    def is_regression(self) -> bool:
        """Whether it gives values and no classes."""
        return self.config.get("problem_type") == "regression" or self.outputs == 1

    @property
    def is_multi_label(self) -> bool:
        """Whether several of its outputs can be right."""
        return self.config.get("problem_type") == "multi_label_classification"

    def ends(self, head: str | tuple[str, ...]) -> bool:
        """Whether it was saved as a class whose name ends so."""
        return self.architecture.endswith(head)


def pretrained_folder(seen: Glimpse) -> PretrainedFolder | None:
    """What a folder's config.json, or adapter_config.json, says; None: there is none, or it names no class."""
    if not seen.is_folder:
        return None
    if "adapter_config.json" in seen.names:
        return _lora_folder(seen)
    config = seen.settings("config.json") if "config.json" in seen.names else {}
    named = config.get("architectures")
    if not isinstance(named, list) or not named or not isinstance(named[0], str):
        return None
    return PretrainedFolder(named[0], config, tuple(_trust(seen, config)))


def _trust(seen: Glimpse, config: Mapping[str, Any]) -> list[Setting]:
    """What may only run if a person says so."""
    asked = []
    safe = {"model.safetensors", "model.safetensors.index.json"}
    pickles = sorted(name for name in seen.names if name in {"pytorch_model.bin", "pytorch_model.bin.index.json"})
    if pickles and not safe & seen.names:
        why = f"its weights are a pickle, '{pickles[0]}', which can run code: true only if you trust whoever made it"
        asked.append(Setting("trust_pickle", why=why, is_safe=False))
    if config.get("auto_map"):
        why = "config.json names code of its own: read it; true only if you trust it"
        asked.append(Setting("trust_remote_code", why=why, is_safe=False))
    return asked


def _lora_folder(seen: Glimpse) -> PretrainedFolder | None:
    """LoRA weights, which stand on a base that lies elsewhere."""
    lora = seen.settings("adapter_config.json")
    head = _HEADS.get(str(lora.get("task_type")))
    if head is None or seen.path is None:
        return None
    named = str(lora.get("base_model_name_or_path") or "")
    places = [Path(named), seen.path / named, seen.path.parent / named] if named else []
    base = next((place for place in places if Glimpse(str(place), place / "config.json").is_file), None)
    if base is None:
        why = f"the folder of the model that they were trained on; adapter_config.json names '{named[:100]}'"
        return PretrainedFolder(head, {}, (Setting("base", why=why, is_safe=False),), is_lora=True)
    config = Glimpse(str(base), base).settings("config.json")
    setting = Setting("base", base.resolve(), "what adapter_config.json says that they were trained on")
    return PretrainedFolder(head, config, (setting,), is_lora=True)
